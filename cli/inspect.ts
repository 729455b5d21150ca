import type { Command } from 'commander';
import { fileCard, networkCard } from '../export/card.js';
import { inspectFile } from '../export/inspect.js';
import { summariseNetwork } from '../export/layers.js';
import { networks } from '../networks/registry.js';
import { readModel } from '../runtime/read-model.js';
import { integer } from './options.js';

/** `kiln inspect FILE` and `kiln inspect NETWORK` */
export function registerInspect(program: Command): void {
  const names = Object.keys(networks);
  program
    .command('inspect')
    .description('print an ONNX file as a model card, or the layers of a network')
    .argument('<file-or-network>', `an exported ONNX file, or a network: ${names.join(', ')}`)
    .option('--classes <n>', "the network's number of classes", integer(2), 10)
    .option('--json', 'print JSON')
    .action(async (subject: string, options: { classes: number; json?: true }) => {
      const network = Object.values(networks).find(({ name }) => name === subject);
      if (network !== undefined) {
        const summary = summariseNetwork(network, options.classes);
        console.log(
          options.json ? JSON.stringify(summary, undefined, 2) : networkCard(network.name, summary),
        );
        return;
      }
      const summary = inspectFile(await readModel(subject));
      console.log(options.json ? JSON.stringify(summary, undefined, 2) : fileCard(summary));
    });
}
