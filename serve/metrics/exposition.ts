import { type Metric, type OpenMetricsContentType, type PrometheusContentType, Registry } from 'prom-client';
import type { Families, Family, Sample } from './family.js';
import type { Histogram } from './histogram.js';

/** One line of an exposition. */
interface Value {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Where it is not the family's. */
  readonly metricName?: string;
}

/** What prom-client's registry asks of a metric. */
interface Readable {
  readonly name: string;
  readonly type: string;
  get(): Promise<{
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly values: readonly Value[];
  }>;
}

/** A registry that reads the families whenever it is scraped. */
export function registryOf<Source>(families: Families<Source>, source: Source): Registry {
  const registry = new Registry();
  for (const [name, family] of Object.entries(families)) {
    const { type, help } = family;
    register(registry, {
      name,
      type,
      get: async () => ({ name, help, type, values: valuesOf(name, family, source) }),
    });
  }
  return registry;
}

type ContentType = PrometheusContentType | OpenMetricsContentType;

/**
 * What a registry tells. It is written from a copy: a registry of prom-client's that is set to OpenMetrics renames its
 * counters for good, and figures that are not numbers yet are spelt in a way of its own; they are left out.
 */
export async function exposition(registry: Registry, contentType: ContentType): Promise<string> {
  const copy = new Registry<ContentType>();
  copy.setContentType(contentType);
  for (const { name: given, help, type: word, values } of await registry.getMetricsAsJSON()) {
    const type = String(word); // a word it is, whatever prom-client's types say
    const total = contentType === Registry.OPENMETRICS_CONTENT_TYPE && type === 'counter';
    const name = total ? given.replace(/_total$/, '') : given;
    const numbers = (values as readonly Value[]).filter(({ value }) => !Number.isNaN(value));
    register(copy, { name, type, get: async () => ({ name, help, type, values: numbers }) });
  }
  return copy.metrics();
}

/** A registry reads nothing else of a metric; its types allow only prom-client's own classes. */
function register(registry: Pick<Registry, 'registerMetric'>, metric: Readable): void {
  registry.registerMetric(metric as unknown as Metric);
}

function valuesOf<Source>(name: string, family: Family<Source>, source: Source): readonly Value[] {
  if (family.type !== 'histogram') return Array.from(family.read(source));
  return Array.from(family.read(source)).flatMap((sample) => bucketsOf(name, sample));
}

/** Buckets are cumulative, and the last holds everything. */
function bucketsOf(name: string, { labels, value }: Sample<string, Histogram>): Value[] {
  let count = 0;
  const buckets = value.counts.map((counted, index) => {
    count += counted;
    const le = String(value.bounds[index] ?? '+Inf');
    return { labels: { ...labels, le }, value: count, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: value.sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}
