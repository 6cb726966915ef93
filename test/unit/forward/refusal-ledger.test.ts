import { describe, expect, it } from 'vitest';
import { REFUSAL_LIMIT, RefusalLedger } from '../../../gateway/forward/refusal-ledger.ts';

const evidence = { topic: 't', run: 0, acknowledged: 0, partsTaken: 0 };
const runs = Array.from({ length: REFUSAL_LIMIT + 3 }, (_, run) => run);
const verdicts = (ledger: RefusalLedger, set: (run: number) => Partial<typeof evidence>) =>
  runs.map((run) => ledger.isHopeless({ ...evidence, run, ...set(run) }));
const firstHopeless = (all: readonly boolean[]) => all.indexOf(true);

describe('the refusal ledger', () => {
  it('calls hopeless what is refused to the limit while other parts are taken', () => {
    expect(firstHopeless(verdicts(new RefusalLedger(), () => ({ partsTaken: 1 })))).toBe(
      REFUSAL_LIMIT - 1,
    );
  });

  it('calls hopeless what is refused to the limit while other blocks are taken', () => {
    const set = (run: number) => ({ acknowledged: run });
    expect(firstHopeless(verdicts(new RefusalLedger(), set))).toBe(REFUSAL_LIMIT - 1);
  });

  it('never calls hopeless what is refused by a broker that takes nothing', () => {
    expect(verdicts(new RefusalLedger(), () => ({}))).not.toContain(true);
  });

  it('counts the refusals of one run once', () => {
    expect(verdicts(new RefusalLedger(), () => ({ run: 0, partsTaken: 1 }))).not.toContain(true);
  });

  it('counts each topic by itself, and none any more after it was cleared', () => {
    const ledger = new RefusalLedger();
    expect(verdicts(ledger, (run) => ({ topic: `t${run}`, partsTaken: 1 }))).not.toContain(true);
    verdicts(ledger, () => ({ partsTaken: 1 }));
    ledger.clear();
    expect(ledger.isHopeless({ ...evidence, partsTaken: 1 })).toBe(false);
  });
});
