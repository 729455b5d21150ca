import type { EvaluationSummary, EvaluationView } from './views.js';

type Cell = string | number | null;

/** The evaluations of a list, one a row. */
export function evaluationsCsv(evaluations: readonly EvaluationSummary[]): string {
  return csv([
    [
      'id',
      'model',
      'version',
      'digest',
      'source',
      'dataset',
      'split',
      'data_digest',
      'started_at',
      'ended_at',
      'status',
      'pictures',
      'skipped',
      'count',
      'precision_at_1',
      'interval_low',
      'interval_high',
      'top5',
      'images_per_second',
      'error',
    ],
    ...evaluations.map((evaluation): Cell[] => {
      const { id, model, source, dataset, split, dataDigest, startedAt, status } = evaluation;
      const figures = status === 'done' ? evaluation.result : undefined;
      return [
        id,
        model.name,
        model.version,
        model.digest,
        source,
        dataset,
        split,
        dataDigest,
        startedAt,
        status === 'running' ? null : evaluation.endedAt,
        status,
        evaluation.progress.count,
        evaluation.skipped.count,
        figures?.count ?? null,
        figures?.precisionAt1 ?? null,
        figures?.interval[0] ?? null,
        figures?.interval[1] ?? null,
        figures?.top5 ?? null,
        figures?.imagesPerSecond ?? null,
        status === 'failed' ? evaluation.error.code : null,
      ];
    }),
  ]);
}

/** The classes of one evaluation, one a row, with what their pictures were taken for. */
export function classesCsv({
  perClass,
  confusion,
}: Extract<EvaluationView, { status: 'done' }>['result']): string {
  return csv([
    [
      'label',
      'count',
      'correct',
      'recall',
      'precision',
      ...perClass.map(({ label }) => `taken for ${label}`),
    ],
    ...perClass.map(({ label, count, correct, recall, precision }, index): Cell[] => [
      label,
      count,
      correct,
      recall,
      precision,
      ...confusion[index]!,
    ]),
  ]);
}

/** RFC 4180: lines end in CRLF, and what could be taken for its signs is quoted. */
function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');
}

/** A text that a spreadsheet would run as a formula is given a leading apostrophe (OWASP, "CSV injection"). */
function cellOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
