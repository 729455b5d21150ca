import type { Cell } from './evaluations.js';

/** `#/evaluate/ID/cell/cat/dog`; without a cell the address of the evaluation. */
export function addressOf(id: string, cell: Cell | undefined): string {
  const parts = cell === undefined ? [] : ['cell', cell.true, cell.predicted];
  return `#/evaluate/${[id, ...parts].map(encodeURIComponent).join('/')}`;
}

/** The cell that an address names: of its parts those behind the evaluation's id, decoded. */
export function cellOf([kind, label, predicted]: readonly string[]): Cell | undefined {
  if (kind !== 'cell' || label === undefined || predicted === undefined) return undefined;
  return { true: label, predicted };
}
