import type { Cell } from './evaluations.js';

/** `#/evaluate/ID/cell/cat/dog`; without a cell the address of the evaluation. */
export function addressOf(id: string, cell: Cell | undefined): string {
  const parts = cell === undefined ? [] : ['cell', cell.true, cell.predicted];
  return `#/evaluate/${[id, ...parts].map(encodeURIComponent).join('/')}`;
}

/** @param path what stands behind the evaluation's id in the address */
export function cellOf([kind, label, predicted]: readonly string[]): Cell | undefined {
  if (kind !== 'cell' || label === undefined || predicted === undefined) return undefined;
  try {
    return { true: decodeURIComponent(label), predicted: decodeURIComponent(predicted) };
  } catch {
    return undefined; // a percent sign that somebody typed
  }
}
