import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../gateway/host/metrics.ts';

describe('metrics', () => {
  it('print counters and gauges in the text exposition format', () => {
    const metrics = createMetrics();
    const polls = metrics.counter('gateway_poll_requests_total', 'Requests sent.');
    polls.add(1, { bus: 'line1' });
    polls.add(2, { bus: 'line1' });
    metrics.gauge('gateway_journal_head', 'Newest seq.').set(7);
    expect(metrics.render()).toBe(
      '# HELP gateway_poll_requests_total Requests sent.\n# TYPE gateway_poll_requests_total counter\n' +
        'gateway_poll_requests_total{bus="line1"} 3\n' +
        '# HELP gateway_journal_head Newest seq.\n# TYPE gateway_journal_head gauge\ngateway_journal_head 7\n',
    );
  });

  it('give quantiles as the bound of their bucket', () => {
    const lateness = createMetrics().histogram('l', 'h', [1, 10, 100]);
    expect(lateness.quantile(0.99)).toBe(0);
    for (let i = 0; i < 99; i++) lateness.observe(0.5);
    lateness.observe(50);
    expect(lateness.quantile(0.5)).toBe(1);
    expect(lateness.quantile(0.99)).toBe(1);
    expect(lateness.quantile(1)).toBe(100);
  });

  it('accumulate the buckets of a histogram', () => {
    const metrics = createMetrics();
    const lateness = metrics.histogram('l', 'h', [1, 10]);
    for (const value of [0.5, 5, 50]) lateness.observe(value);
    expect(metrics.render()).toContain(
      'l_bucket{le="1"} 1\nl_bucket{le="10"} 2\nl_bucket{le="+Inf"} 3\nl_sum 55.5\nl_count 3\n',
    );
  });

  it('refuse a name that is taken, and bound the sets of labels', () => {
    const metrics = createMetrics();
    const counter = metrics.counter('c', 'h');
    expect(() => metrics.gauge('c', 'h')).toThrow('declared twice');
    for (let i = 0; i < 3000; i++) counter.add(1, { n: String(i) });
    expect(metrics.render()).toContain('c{other="true"} 1000');
  });
});
