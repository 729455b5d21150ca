import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a run was made by and on. */
export interface Provenance {
  /** kiln's version. */
  readonly version: string;
  /** kiln's commit, `-dirty` with local changes; `none` outside a git checkout. */
  readonly commit: string;
  readonly node: string;
  readonly onnxruntime: string;
  /** `AMD EPYC 7B13, 2 cores, 8 GiB, Linux x64` */
  readonly machine: string;
}

export function provenance(): Provenance {
  const root = packageRoot();
  return {
    version: kilnVersion(),
    commit: root === undefined ? 'none' : commitOf(root),
    node: process.versions.node,
    onnxruntime: versionIn(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
    machine: describeMachine(),
  };
}

/** The version in kiln's package.json. */
export function kilnVersion(): string {
  const root = packageRoot();
  return root === undefined ? 'unknown' : versionIn(join(root, 'package.json'));
}

function describeMachine(): string {
  const model = os.cpus()[0]?.model.trim() || 'unknown processor';
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return `${model}, ${os.availableParallelism()} cores, ${memory} GiB, ${os.type()} ${os.arch()}`;
}

/** The nearest folder above this file that holds kiln's package.json: the compiled tree lies in dist/. */
function packageRoot(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function versionIn(manifest: string): string {
  const parsed: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  const named = typeof parsed === 'object' && parsed !== null && 'version' in parsed;
  return named ? String(parsed.version) : 'unknown';
}

/** Only kiln's own checkout counts: inside node_modules git would answer for the user's repository. */
function commitOf(root: string): string {
  if (!existsSync(join(root, '.git'))) return 'none';
  try {
    return execFileSync(
      'git',
      ['-C', root, 'describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    ).trim();
  } catch {
    return 'none';
  }
}
