import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { ServeOptions } from '../../serve/options.js';
import { startServer } from '../../serve/server.js';
import { tinyModel } from '../fixtures/model.js';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** The built page, as bin/build.mjs puts it beside the compiled tests. */
export const pageFolder = fileURLToPath(new URL('../../clients/page/public/', import.meta.url));

/** Why browser tests are skipped, or false. On CI they may not be: there a missing browser fails them. */
const skip: string | false =
  existsSync(executablePath) || process.env.CI !== undefined
    ? false
    : `no browser at ${executablePath} (CHROMIUM_PATH names another)`;

/** A test that needs the browser; where there is none it is skipped, and says why. */
export function browserTest(name: string, body: (t: TestContext) => Promise<void>): void {
  test(name, { skip }, body);
}

/** One visit for all tests of a file: opened for the first, closed after the last. */
export function sharedVisit(options: VisitOptions = {}): () => Promise<Visit> {
  let opened: Promise<Visit> | undefined;
  after(() =>
    opened?.then(
      (here) => here.close(),
      () => undefined, // the tests have failed with it already
    ),
  );
  return () => {
    opened ??= visit(options);
    return opened;
  };
}

/** A page whose doings are on record. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, violations of the Content-Security-Policy. */
  readonly complaints: string[];
  /** Every address that the page or its worker asked for. */
  readonly requested: string[];
  close(): Promise<void>;
}

export interface Visit extends WatchedPage {
  readonly url: string;
}

export interface PageOptions extends Pick<BrowserContextOptions, 'colorScheme' | 'viewport' | 'permissions'> {
  /** Whether the browser may keep the page for visits without the service. Else each request is the service's to answer. */
  readonly offline?: boolean;
  /** Whether there is a camera: the browser's own, which shows a green picture with a clock. */
  readonly camera?: boolean;
}

export interface VisitOptions extends PageOptions {
  /** Other than a small model and one worker. */
  readonly serve?: Partial<ServeOptions>;
  /** The view that is opened, e.g. `#/model`, and the element that shows when it is ready. */
  readonly view?: { readonly address: string; readonly ready: string };
}

/** An empty page of a browser with an empty profile. */
export async function openPage({
  offline = false,
  camera = false,
  ...context
}: PageOptions = {}): Promise<WatchedPage> {
  if (!existsSync(executablePath)) throw new Error(`no browser at ${executablePath}`);
  const profile = await mkdtemp(join(tmpdir(), 'kiln-browser-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(camera ? ['--use-fake-device-for-media-stream'] : []),
    ],
    ...context,
  });
  if (!offline) {
    await browser.addInitScript(() => {
      delete (Navigator.prototype as { serviceWorker?: ServiceWorkerContainer }).serviceWorker;
    });
  }
  const page = browser.pages()[0] ?? (await browser.newPage());
  const complaints: string[] = [];
  const requested: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  browser.on('request', (request) => requested.push(request.url()));
  const close = async (): Promise<void> => {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { page, complaints, requested, close };
}

const classifyView = { address: '', ready: '#model-state[data-state=ready]' };

/**
 * The real service with a small model, and the page in a browser with an empty profile.
 * It resolves when the view is ready: without another, when the tab has loaded the model.
 */
async function visit({ serve, view = classifyView, ...context }: VisitOptions): Promise<Visit> {
  const server = await startServer({
    models: tinyModel(),
    port: 0,
    device: 'cpu',
    workers: 1,
    pageFolder,
    logLevel: 'silent',
    ...serve,
  });
  const opened = await openPage(context);
  const close = async (): Promise<void> => {
    await opened.close();
    await server.close();
  };
  try {
    const url = new URL(server.address).href;
    await opened.page.goto(url + view.address);
    await opened.page.waitForSelector(view.ready);
    return { ...opened, url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Resolves when both sides have answered, or failed, for the picture shown. */
export async function settled(page: Page, name: string): Promise<void> {
  await page.waitForFunction(
    (start) => document.getElementById('announcement')?.textContent?.startsWith(start),
    `${name}: `,
  );
}

/** What the two cards show of the selected picture, read from the page as a visitor's program would. */
export interface Shown {
  readonly service: readonly ShownPrediction[];
  readonly tab: readonly ShownPrediction[];
  /** Codes of the errors shown. */
  readonly serviceError: string | undefined;
  readonly tabError: string | undefined;
  readonly agreement: string;
  /** uint8 RGBA of the frame's canvas. */
  readonly frame: readonly number[];
}

export interface ShownPrediction {
  readonly label: string;
  readonly probability: number;
}

export function readShown(page: Page): Promise<Shown> {
  return page.evaluate(() => {
    const predictions = (id: string) =>
      [...document.querySelectorAll(`#${id} li`)].map((row) => ({
        label: row.querySelector('.label')?.textContent ?? '',
        probability: Number(row.querySelector('data')?.value),
      }));
    const code = (id: string) => document.querySelector<HTMLElement>(`#${id} .problem`)?.dataset.code;
    const canvas = document.querySelector<HTMLCanvasElement>('#frame')!;
    const pixels = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return {
      service: predictions('service-card'),
      tab: predictions('tab-card'),
      serviceError: code('service-card'),
      tabError: code('tab-card'),
      agreement: document.getElementById('agreement')?.dataset.kind ?? '',
      frame: [...pixels.data],
    };
  });
}

/** Controls, pictures, tables and regions of what is shown that have no name for a screen reader, by role. */
export async function namelessParts(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes
    .filter(({ ignored, role }) => !ignored && named.has(String(role?.value)))
    .filter(({ name }) => !name?.value)
    .map(({ role }) => String(role?.value));
}

const named: ReadonlySet<string> = new Set(
  'button checkbox columnheader combobox form image img link navigation progressbar region rowheader spinbutton textbox'.split(
    ' ',
  ),
);
