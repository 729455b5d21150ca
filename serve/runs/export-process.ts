import { constants, setPriority } from 'node:os';
import process from 'node:process';
import { KilnError } from '../../errors/errors.js';
import { exportModel } from '../../export/export.js';
import type { ChildOrder, ChildReply } from './export-protocol.js';

/** Exports one checkpoint and ends; started by exporter.ts. It takes the cores only as far as requests leave them. */
if (process.send === undefined) throw new Error('export-process.ts runs as the child of a service only');

// Ctrl-C reaches every process of the terminal: the parent decides, and ends this one.
process.on('SIGINT', () => {}).on('SIGTERM', () => {});
process.on('disconnect', () => process.exit());
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

process.once('message', async (order: ChildOrder) => {
  const reply = await carryOut(order);
  process.send?.(reply, () => process.exit());
});

async function carryOut(order: ChildOrder): Promise<ChildReply> {
  try {
    const { digest, metadata } = await exportModel(order);
    return { kind: 'exported', step: metadata.training.steps, digest };
  } catch (error) {
    if (error instanceof KilnError) return { kind: 'refused', error: error.toJSON() };
    return {
      kind: 'failed',
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}
