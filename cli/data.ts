import type { Command } from 'commander';
import { splitNames } from '../data/dataset.js';
import { datasetNames, defaultDataDir } from '../data/registry.js';
import { progressOf } from './progress.js';

/** `kiln data NAME` */
export function registerData(program: Command): void {
  program
    .command('data')
    .description('show what a dataset holds; fetch it where that is asked for')
    .argument('<name>', datasetNames.join(', '))
    .option('--data-dir <dir>', 'where datasets lie', defaultDataDir())
    .option('--download', 'fetch the dataset first where it is missing')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { dataDir: string; download?: true; json?: true }) => {
      const { openDataset, parseDatasetName } = await import('../data/registry.js');
      if (options.download && parseDatasetName(name) === 'cifar10') await download(options.dataDir);
      const dataset = await openDataset({ name, dataDir: options.dataDir });
      const { height, width, labels, digest } = dataset;
      const splits = Object.fromEntries(splitNames.map((split) => [split, dataset.split(split).count]));
      if (options.json) {
        console.log(
          JSON.stringify({ name: dataset.name, height, width, labels, splits, digest }, undefined, 2),
        );
        return;
      }
      console.log(`${dataset.name}: ${width}×${height} RGB, ${labels.length} labels: ${labels.join(', ')}`);
      for (const [split, count] of Object.entries(splits)) {
        console.log(`  ${split.padEnd(16)} ${count.toLocaleString('en').padStart(7)}`);
      }
      console.log(`  digest ${digest}`);
    });
}

async function download(dataDir: string): Promise<void> {
  const { cifar10Archive, downloadArchive } = await import('../data/download.js');
  const progress = progressOf(`>> Downloading ${cifar10Archive.file}`, cifar10Archive.bytes);
  try {
    const folder = await downloadArchive(cifar10Archive, dataDir, {
      onProgress: ({ received }) => progress.update(received),
    });
    progress.stop();
    console.error(`CIFAR-10 lies in ${folder}`);
  } finally {
    progress.stop();
  }
}
