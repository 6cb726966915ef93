/**
 * Counters, gauges and histograms in the Prometheus text format. Names are
 * `gateway_<stage>_<noun>_<unit>[_total]`; labels are few and bounded.
 */

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount?: number, labels?: Labels): void;
  /** Takes over a total that is counted elsewhere. */
  set(total: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number): void;
  /**
   * The value below which the share `q` of all observations lies, as an upper bound of its bucket;
   * 0 when empty.
   */
  quantile(q: number): number;
}

export interface Metrics {
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  /** `bounds`: upper bounds of the buckets, ascending. */
  histogram(name: string, help: string, bounds: readonly number[]): Histogram;
  /** Everything, in the text exposition format 0.0.4. */
  render(): string;
}

/** Different label sets one metric may have; more are counted under `other`. */
const LABEL_SETS_LIMIT = 2_000;

export function createMetrics(): Metrics {
  const families = new Map<string, () => string>();
  const register = (name: string, kind: string, help: string, lines: () => string) => {
    if (families.has(name)) throw new Error(`metric ${name} is declared twice`);
    families.set(name, () => `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines()}`);
  };
  return {
    counter(name, help) {
      const series = seriesOf(name);
      register(name, 'counter', help, series.lines);
      return {
        add: (amount = 1, labels) => series.change(labels, (old) => old + amount),
        set: (total, labels) => series.change(labels, () => total),
      };
    },
    gauge(name, help) {
      const series = seriesOf(name);
      register(name, 'gauge', help, series.lines);
      return { set: (value, labels) => series.change(labels, () => value) };
    },
    histogram(name, help, bounds) {
      const buckets = new Float64Array(bounds.length + 1);
      let sum = 0;
      let count = 0;
      register(name, 'histogram', help, () => renderHistogram(name, bounds, buckets, sum, count));
      return {
        observe(value) {
          let i = 0;
          while (i < bounds.length && value > (bounds[i] as number)) i++;
          buckets[i] = (buckets[i] as number) + 1;
          sum += value;
          count++;
        },
        quantile(q) {
          let seen = 0;
          for (let i = 0; i < buckets.length; i++) {
            seen += buckets[i] as number;
            if (seen >= q * count && count > 0) return bounds[i] ?? Number.POSITIVE_INFINITY;
          }
          return 0;
        },
      };
    },
    render: () => [...families.values()].map((family) => family()).join(''),
  };
}

function seriesOf(name: string) {
  const values = new Map<string, number>();
  return {
    change(labels: Labels | undefined, update: (old: number) => number) {
      const wanted = labels ? renderLabels(labels) : '';
      const known = values.has(wanted) || values.size < LABEL_SETS_LIMIT;
      const key = known ? wanted : '{other="true"}';
      values.set(key, update(values.get(key) ?? 0));
    },
    lines: () => [...values].map(([labels, value]) => `${name}${labels} ${value}\n`).join(''),
  };
}

const renderLabels = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}}`;

function renderHistogram(
  name: string,
  bounds: readonly number[],
  buckets: Float64Array,
  sum: number,
  count: number,
): string {
  let total = 0;
  const lines = [...buckets].map((bucket, i) => {
    total += bucket;
    return `${name}_bucket{le="${bounds[i] ?? '+Inf'}"} ${total}\n`;
  });
  return `${lines.join('')}${name}_sum ${sum}\n${name}_count ${count}\n`;
}
