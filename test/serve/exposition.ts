import assert from 'node:assert/strict';

export type Format = 'text' | 'openmetrics';

interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** By series as it is written: `name{label="value"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

const word = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"`;
const sampleLine = new RegExp(`^(${word})(\\{${label}(?:,${label})*\\})? (\\S+)$`);

/** What may follow a family's name in the names of its samples. */
const suffixes: Readonly<Record<Format, Readonly<Record<string, readonly string[]>>>> = {
  text: { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'] },
  openmetrics: { counter: ['_total'], gauge: [''], histogram: ['_bucket', '_sum', '_count'] },
};

/**
 * Reads an exposition and refuses what a scraper might: samples outside their family, a family or a series twice,
 * names, labels and numbers that are none, buckets that do not add up.
 */
export function parseExposition(text: string, format: Format = 'text'): ReadonlyMap<string, ParsedFamily> {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const lines = text.slice(0, -1).split('\n');
  if (format === 'openmetrics') assert.equal(lines.pop(), '# EOF');
  const families = new Map<string, ParsedFamily & { samples: Map<string, number> }>();
  let family: (ParsedFamily & { samples: Map<string, number> }) | undefined;
  for (const line of lines) {
    if (line === '' && format === 'text') continue;
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      assert.ok(!families.has(name), `${name} comes once`);
      family = { name, help: rest, type: '', samples: new Map() };
      families.set(name, family);
    } else if (kind === 'TYPE') {
      assert.ok(family?.name === name && family.samples.size === 0, `the type of ${name} follows its help`);
      assert.ok(rest in suffixes[format], `${rest} is a type`);
      family = { ...family, type: rest };
      families.set(name, family);
    } else {
      const [, sample = '', labels = '', value = ''] = sampleLine.exec(line) ?? [];
      const allowed = suffixes[format][family?.type ?? '']?.map((suffix) => `${family?.name}${suffix}`);
      assert.ok(allowed?.includes(sample), `a sample of ${family?.name}: ${line}`);
      const series = `${sample}${labels}`;
      assert.ok(!family?.samples.has(series), `${series} comes once`);
      assert.match(value, /^([+-]?\d+(\.\d+)?(e[+-]?\d+)?|NaN|[+-]Inf)$/, line);
      family?.samples.set(series, value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value));
    }
  }
  for (const parsed of families.values()) if (parsed.type === 'histogram') assertBuckets(parsed);
  return families;
}

/** Buckets count upwards, the last is +Inf and equals the count. */
function assertBuckets({ name, samples }: ParsedFamily): void {
  const last = new Map<string, { readonly le: number; readonly count: number }>();
  for (const [series, count] of samples) {
    if (!series.startsWith(`${name}_bucket`)) continue;
    const [, le = ''] = /le="([^"]+)"/.exec(series) ?? [];
    const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    const others = series
      .replace(/le="[^"]+",?/, '')
      .replace(/,?\}$/, '}')
      .replace('{}', '')
      .replace(`${name}_bucket`, `${name}_count`);
    const before = last.get(others);
    assert.ok(before === undefined || (bound > before.le && count >= before.count), series);
    last.set(others, { le: bound, count });
  }
  for (const [series, { le, count }] of last) {
    assert.deepEqual([le, samples.get(series)], [Number.POSITIVE_INFINITY, count], series);
  }
}
