/** What the demo shows while it runs and when it ends. Pure. */
import type { SubscriberFacts } from '../../firmware-sim/subscriber.ts';
import type { Language } from '../model/errors.ts';
import type { GatewayStatus } from './status.ts';
import { renderStatus } from './status-view.ts';
import { table } from './verb.ts';

/** The proof of a run: what was stored against what arrived. */
export interface DemoSummary {
  /** Samples that the journal declared durable. */
  readonly stored: number;
  /** Distinct samples that the subscriber has received. */
  readonly delivered: number;
  /** Messages that came more than once; a receiver drops them by their key. */
  readonly duplicates: number;
  /** Stored samples that neither arrived nor are accounted for by a gap. */
  readonly lost: number;
  readonly gaps: number;
  /** Polls of working devices that started more than half of their interval late. */
  readonly late_polls: number;
  readonly p99_poll_lateness_ms: number;
  readonly polls: number;
  readonly blocks: number;
}

/** @param missingBlocks blocks of which a part has not arrived */
export function summaryOf(
  status: GatewayStatus,
  received: SubscriberFacts,
  missingBlocks: number,
): DemoSummary {
  const { journal } = status.north;
  const missing = journal.samples - received.samples - received.samplesInGaps;
  return {
    stored: journal.samples,
    delivered: received.samples,
    duplicates: received.duplicates,
    lost: Math.max(missing, missingBlocks),
    gaps: journal.gaps,
    late_polls: status.polls.late,
    p99_poll_lateness_ms: status.polls.p99_lateness_ms,
    polls: status.polls.polls,
    blocks: journal.head,
  };
}

export function renderSummary(summary: DemoSummary, language: Language): string {
  const verdict =
    summary.lost === 0
      ? { en: 'nothing was lost', zh: '没有丢失任何数据' }
      : { en: `${summary.lost} samples are missing`, zh: `缺少 ${summary.lost} 个样本` };
  const rows = Object.entries(summary).map(([name, value]) => [name, String(value)] as const);
  return `${verdict[language]}\n${table(rows)}`;
}

/** The live view; its last line alone says how it stands. */
export function renderDemo(
  status: GatewayStatus,
  received: SubscriberFacts,
  brokerCut: boolean,
  language: Language,
): string {
  const { uptime_s: uptime } = status;
  const since = { en: `${uptime} s: `, zh: `${uptime} 秒：` };
  const flow = renderFlow(status, received, brokerCut, language);
  return `${renderStatus(status, language)}\n\n${since[language]}${flow}`;
}

/** What is stored, what of it has arrived, and what stands in the way. */
export function renderFlow(
  status: GatewayStatus,
  received: SubscriberFacts,
  brokerCut: boolean,
  language: Language,
): string {
  const { journal } = status.north;
  const [stored, arrived, waiting] = [journal.samples, received.samples, journal.backlogBlocks];
  const line = {
    en: `stored ${stored}, arrived ${arrived}, ${waiting} blocks waiting`,
    zh: `已存储 ${stored}，已到达 ${arrived}，待发 ${waiting} 块`,
  };
  const { standing } = status.alarms;
  const alarms = { en: `, ${standing} alarms stand`, zh: `，${standing} 个报警存在` };
  const told = standing > 0 ? alarms[language] : '';
  const cut = { en: ', broker cut off', zh: '，代理已切断' };
  return `${line[language]}${told}${brokerCut ? cut[language] : ''}`;
}
