import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { closest } from '../../errors/closest.js';
import { KilnError } from '../../errors/errors.js';
import { listCheckpoints, readCheckpointMetadata } from '../../train/checkpoint.js';
import type { MetricsRow } from '../../train/metrics.js';
import { looksLikeRun, openRun, type Run } from '../../train/run.js';
import { isTraining } from '../../train/run-lock.js';
import { summarise } from '../../train/runs.js';
import { FollowedMetrics } from './followed-metrics.js';
import { metricsAnswer, type RowChoice } from './metrics-rows.js';
import { isWithoutLinks, partName } from './plain.js';
import type { CheckpointView, RunMetrics, RunSummary, RunView, Validation } from './views.js';

/** Runs whose rows are kept in memory between questions. */
const runsKept = 16;

/**
 * Reads the runs of a folder, of which nothing is written. What is no run is passed over, and so is one with a link in
 * it. Reading takes time that whoever answers HTTP has not: runs-thread.ts has it done on a thread.
 */
export class RunsFolder {
  readonly #path: string;
  /** The one asked for last at the end. */
  readonly #metrics = new Map<string, FollowedMetrics>();
  readonly #summaries = new Map<string, { readonly stamp: string; readonly summary: RunSummary }>();

  /** @param path of a folder that need not be there */
  constructor(path: string) {
    this.#path = path;
  }

  /** The one begun last at the beginning. */
  async list(most: number): Promise<readonly RunSummary[]> {
    const found: Run[] = [];
    for (const name of await this.#names()) {
      const run = await this.#find(name);
      if (run !== undefined) found.push(run);
    }
    const newest = found.sort((a, b) => (a.config.startedAt < b.config.startedAt ? 1 : -1)).slice(0, most);
    const summaries: RunSummary[] = [];
    for (const run of newest) summaries.push(await this.#summary(run)); // one after another: rows take memory
    return summaries;
  }

  /** @throws KilnError RUN_NOT_FOUND */
  async get(name: string): Promise<RunView> {
    const run = await this.#open(name);
    const [summary, checkpoints] = await Promise.all([this.#summary(run), checkpointsOf(run)]);
    const { choices, data, provenance } = run.config;
    const { batch, seed, trainOn, length } = choices;
    return {
      ...summary,
      configuration: {
        epochs: 'epochs' in length ? length.epochs : null,
        batch,
        seed,
        trainOn,
        examples: data.count,
        labels: data.labels,
        averaged: choices.ema ?? true,
        kiln: provenance.version,
      },
      checkpoints,
      bestStep: bestStep(checkpoints),
    };
  }

  /** @throws KilnError RUN_NOT_FOUND */
  async metrics(name: string, choice: RowChoice): Promise<RunMetrics> {
    return metricsAnswer(this.#rows(await this.#open(name)), choice);
  }

  /** What is no run at all is left out here: `openRun` would look through the whole folder for a name like it. */
  async #names(): Promise<readonly string[]> {
    const entries = await readdir(this.#path, { withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .filter((name) => looksLikeRun(join(this.#path, name)));
  }

  /** A name counts when it is listed, so that it cannot lead out of the folder. */
  async #open(name: string): Promise<Run> {
    const names = await this.#names();
    const run = names.includes(name) ? await this.#find(name) : undefined;
    if (run !== undefined) return run;
    const meant = closest(name, names);
    throw new KilnError('RUN_NOT_FOUND', {
      expected: `the name of a run that GET /runs lists${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      received: name,
    });
  }

  async #find(name: string): Promise<Run | undefined> {
    const root = await realpath(this.#path);
    const run = await openRun(root, name).catch(passOver);
    // openRun takes paths too, beginning where the process does.
    return run?.folder === join(root, name) && (await isWithoutLinks(run)) ? run : undefined;
  }

  #rows({ folder, metricsFile }: Run): readonly MetricsRow[] {
    const metrics = this.#metrics.get(folder) ?? new FollowedMetrics(metricsFile);
    this.#metrics.delete(folder);
    this.#metrics.set(folder, metrics);
    const [oldest] = this.#metrics.keys();
    if (this.#metrics.size > runsKept) this.#metrics.delete(oldest!);
    return metrics.read();
  }

  /** What has not changed is not read again. */
  async #summary(run: Run): Promise<RunSummary> {
    const files = [run.configFile, run.metricsFile, run.logFile, run.checkpoints];
    const stamps = await Promise.all(files.map(stampOf));
    const stamp = [isTraining(run.folder), ...stamps].join(' ');
    const known = this.#summaries.get(run.folder);
    if (known?.stamp === stamp) return known.summary;
    const summary = await summaryOf(run, this.#rows(run));
    this.#summaries.set(run.folder, { stamp, summary });
    return summary;
  }
}

function passOver(error: unknown): undefined {
  if (!(error instanceof KilnError)) throw error;
}

async function stampOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? 'none' : `${found.ino}:${found.size}:${found.mtimeMs}`;
}

async function summaryOf(run: Run, rows: readonly MetricsRow[]): Promise<RunSummary> {
  const { bestValidation: _, network, dataset, recipe, ...summary } = await summarise(run, rows);
  const validations = rows.flatMap(validationOf);
  const loss = rows.findLast((row) => row.loss !== undefined)?.loss;
  return {
    ...summary,
    network: partName(network),
    dataset: partName(dataset),
    recipe: partName(recipe),
    loss: Number.isFinite(loss) ? loss! : null,
    lastValidation: validations.at(-1) ?? null,
    bestValidation: validations.reduce<Validation | null>(
      (best, one) => (best !== null && best.ema > one.ema ? best : one),
      null,
    ),
  };
}

function validationOf({ step, validation_ema: ema, validation_raw: raw }: MetricsRow): readonly Validation[] {
  return ema === undefined || !Number.isFinite(ema) ? [] : [{ step, ema, raw: raw ?? null }];
}

/** The newest first; what is gone by now, or no checkpoint, is passed over as the export does. */
async function checkpointsOf(run: Run): Promise<CheckpointView[]> {
  const paths = await listCheckpoints(run.checkpoints);
  const views = await Promise.all(
    paths.map(async (path): Promise<readonly CheckpointView[]> => {
      try {
        const [{ step, validation }, { size, mtime }] = await Promise.all([
          readCheckpointMetadata(path),
          stat(path),
        ]);
        return [{ step, bytes: size, savedAt: mtime.toISOString(), validation }];
      } catch {
        return [];
      }
    }),
  );
  return views.flat().reverse();
}

/** The newer of equals. */
function bestStep(checkpoints: readonly CheckpointView[]): number | null {
  const measured = checkpoints.flatMap(({ step, validation }) =>
    validation === null ? [] : [{ step, ema: validation.ema }],
  );
  return (
    measured.reduce<(typeof measured)[number] | null>(
      (best, one) => (best !== null && best.ema >= one.ema ? best : one),
      null,
    )?.step ?? null
  );
}
