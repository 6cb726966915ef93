/** What a fleet did, in words. Pure. */
import type { Language } from '../../model/errors.ts';
import type { Millis } from '../../model/units.ts';
import { table, type Words } from '../verb.ts';
import type { FleetCount, FleetGateway } from './fleet-gateway.ts';

export interface FleetSummary extends Omit<FleetCount, 'latencies'> {
  readonly gateways: number;
  /** Connected at the end. */
  readonly up: number;
  /** In which blocks were made. */
  readonly seconds: number;
  /** Blocks that waited in vain. */
  readonly undelivered: number;
  /** From the hand-over of a block to its acknowledgement. */
  readonly p50_ms: number | undefined;
  readonly p99_ms: number | undefined;
}

export function renderProgress(
  { blocks, acknowledged, lost }: FleetCount,
  gateways: readonly Pick<FleetGateway, 'isUp'>[],
  language: Language,
): string {
  const up = `${gateways.filter(({ isUp }) => isUp).length}/${gateways.length}`;
  const words: Words = {
    en: `${up} connected · ${blocks} blocks · ${acknowledged} acknowledged · connections lost ${lost}`,
    zh: `已连接 ${up} · 块 ${blocks} · 已确认 ${acknowledged} · 断线 ${lost} 次`,
  };
  return words[language];
}

export function renderFleet(
  summary: FleetSummary,
  { every, tags }: { readonly every: Millis; readonly tags: readonly unknown[] },
  language: Language,
): string {
  const { seconds, messages, bytes, samples, blocks } = summary;
  const word = (en: string, zh: string) => (language === 'zh' ? zh : en);
  const rate = (count: number) => (seconds > 0 ? Math.round(count / seconds) : 0);
  const ms = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(1)} ms`);
  const each = messages > 0 ? Math.round(bytes / messages) : 0;
  const period = every / 1000;
  const plan: Words = {
    en: `${summary.up} of ${summary.gateways} connected, ${tags.length} tags every ${period} s, ${seconds.toFixed(1)} s`,
    zh: `已连接 ${summary.up}/${summary.gateways}，${tags.length} 个点，周期 ${period} s，历时 ${seconds.toFixed(1)} s`,
  };
  const { acknowledged, undelivered, resent, skipped } = summary;
  const fate: Words = {
    en: `${blocks}, acknowledged ${acknowledged}, open ${undelivered}, resent ${resent}, skipped ${skipped}`,
    zh: `${blocks}，已确认 ${acknowledged}，未确认 ${undelivered}，重发 ${resent}，未生成 ${skipped}`,
  };
  const perSecond = word('/s', '/秒');
  return table([
    [word('gateways', '网关'), plan[language]],
    [word('messages', '消息'), `${messages} (${rate(messages)}${perSecond})`],
    [word('samples', '采样'), `${samples} (${rate(samples)}${perSecond})`],
    [
      word('payload bytes', '载荷字节'),
      `${bytes} (${rate(bytes)}${perSecond}, ${each} ${word('a message', '每条')})`,
    ],
    [word('blocks', '块'), fate[language]],
    [word('acknowledgement', '确认时间'), `p50 ${ms(summary.p50_ms)}, p99 ${ms(summary.p99_ms)}`],
    [word('connections lost', '断线'), `${summary.lost}`],
  ]);
}
