import { describe, expect, it } from 'vitest';
import { AnswerPace } from '../../../drivers/line/answer-pace.ts';
import { millis } from '../../../gateway/model/units.ts';

const LONGEST = millis(500);

describe('the pace of a unit', () => {
  it('is unknown before its first answer: the standard says how long to wait', () => {
    expect(new AnswerPace().pause(LONGEST)).toBe(500);
  });

  it('is four turn-arounds, and never less than an adapter holds bytes back', () => {
    const pace = new AnswerPace();
    pace.answered(millis(5));
    expect(pace.pause(LONGEST)).toBe(50);
    pace.answered(millis(30));
    expect(pace.pause(LONGEST)).toBe(120);
    pace.answered(millis(300));
    expect(pace.pause(LONGEST)).toBe(500);
  });

  it('is doubled by each miss, up to the longest, and back with one answer', () => {
    const pace = new AnswerPace();
    pace.answered(millis(30));
    const pauses = [1, 2, 3].map(() => {
      pace.missed();
      return pace.pause(LONGEST);
    });
    expect(pauses).toEqual([240, 480, 500]);
    pace.answered(millis(30));
    expect(pace.pause(LONGEST)).toBe(120);
  });

  it('forgets one slow answer by and by', () => {
    const pace = new AnswerPace();
    pace.answered(millis(100));
    for (let i = 0; i < 20; i++) pace.answered(millis(20));
    expect(pace.pause(LONGEST)).toBe(80);
  });
});
