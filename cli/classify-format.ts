import type { AnsweringModel, PictureResult } from './classify-result.js';

/** Results as text, piece by piece: nothing is kept until the last. */
export interface ResultFormat {
  begin(model: AnsweringModel): string;
  result(name: string, result: PictureResult): string;
  end(): string;
}

/**
 * One line a picture, for people.
 * @param width of the column of names
 */
export function tableFormat(width: number): ResultFormat {
  return {
    begin: () => '',
    result: (name, result) => `${name.padEnd(width)}  ${describe(result)}\n`,
    end: () => '',
  };
}

function describe(result: PictureResult): string {
  if ('error' in result) return `${result.error.message} (${result.error.code}: ${result.error.received})`;
  return result.predictions
    .map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`)
    .join(', ');
}

/** The document of POST /classify, with one line a picture. */
export function jsonFormat(): ResultFormat {
  let separator = '';
  return {
    begin: (model) => `{\n  "model": ${JSON.stringify(model)},\n  "results": [`,
    result(name, result) {
      const line = `${separator}\n    ${JSON.stringify({ name, ...result })}`;
      separator = ',';
      return line;
    },
    end: () => '\n  ]\n}\n',
  };
}

/** One line a label; one line, without a label, for a picture that failed. */
export function csvFormat(): ResultFormat {
  return {
    begin: () => csvLine(['file', 'rank', 'label', 'probability', 'error']),
    result(name, result) {
      if ('error' in result) {
        const { code, message, received } = result.error;
        return csvLine([name, '', '', '', `${code}: ${message} ${received}`]);
      }
      return result.predictions
        .map(({ label, probability }, index) => csvLine([name, index + 1, label, probability, '']))
        .join('');
    },
    end: () => '',
  };
}

/** RFC 4180: lines end in CRLF, and what could be taken for its signs is quoted. */
function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => quoted(String(cell))).join(',')}\r\n`;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
