import { expect, it } from 'vitest';
import { type MeasuredStatus, statusMetrics } from '../../../gateway/health/status-metrics.ts';
import { createMetrics } from '../../../gateway/host/metrics.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import { bytes } from '../../../gateway/model/units.ts';
import { ENOUGH_ROOM } from '../../support/journal-room-facts.ts';
import { NO_WEAR, UNKNOWN_FLASH } from '../../support/memory-journal.ts';

const status: MeasuredStatus = {
  buses: [],
  counters: [],
  at: 0,
  flash: UNKNOWN_FLASH,
  alarms: { standing: 0, unacknowledged: 0, mostSevere: 0, events: 0, dropped: 0 },
  rules: { rules: 0, evaluations: 0, faulty: [], dropped: 0, effects: {}, unsent: 0 },
  north: {
    journal: {
      ...{ epoch: '9f3c2a17', head: seqOf(1), blocks: 1, samples: 1, backlogBlocks: 0 },
      ...{ bytesOnDisk: bytes(1), bytesWritten: bytes(1), commits: 1, gaps: 0, lostSamples: 0 },
      ...{
        lastDay: undefined,
        oldest: undefined,
        autonomy: undefined,
        backlogs: [],
        wear: NO_WEAR,
        room: ENOUGH_ROOM,
      },
    },
    uplinks: [],
    link: { waiting: 0, dropped: 0, restarts: 0 },
  },
};

function lines(...told: readonly MeasuredStatus[]): string[] {
  const metrics = createMetrics();
  const update = statusMetrics(metrics);
  for (const one of told) update(one);
  return metrics
    .render()
    .split('\n')
    .filter((line) => line.startsWith('gateway_commands'));
}

const facts = (verified: number, waiting: number): MeasuredStatus => ({
  ...status,
  commands: {
    outcomes: { verified, unknown: 1 },
    refused: 4,
    waiting,
    owned: { local: waiting, rule: 7 },
  },
});

it('counts commands by outcome, and tells how things stand now', () => {
  expect(lines(facts(12, 3), facts(13, 2))).toEqual([
    'gateway_commands_total{outcome="verified"} 13',
    'gateway_commands_total{outcome="unknown"} 1',
    'gateway_commands_refused_total 4',
    'gateway_commands_waiting 2',
    'gateway_commands_owned_tags{origin="local"} 2',
    'gateway_commands_owned_tags{origin="rule"} 7',
  ]);
});

it('tells nothing of commands where there are none', () => {
  expect(lines(status)).toEqual([]);
});
