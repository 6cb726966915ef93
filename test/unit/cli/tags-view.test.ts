/** The latest values of all tags, as people read them. */
import { expect, test } from 'vitest';
import { renderTags } from '../../../gateway/cli/tags-view.ts';
import { seenTags } from '../../../gateway/health/image-answer.ts';
import type { Sample, TagId } from '../../../gateway/model/sample.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const tagId = (id: string) => id as TagId;
const sample = (tag: string, value: Sample['value'], quality: Sample['quality']): Sample => ({
  ...{ tag: tagId(tag), value, quality },
  ...{ time: utcMs(1000), timeBasis: 'gateway' },
});
const tags = [{ id: tagId('pv.power'), unit: 'W' }];

test('a line for each tag: value and unit, quality, age; nothing of a control character', () => {
  const samples = [
    sample('pv.power', { unscaled: 1234n, decimals: 1 }, 'good'),
    sample('pv.model', 'SG\u001b[2J', 'good'),
    sample('pv.limit', null, 'bad:device'),
    sample('pv.state', null, 'bad:waiting'),
  ];
  const seen = seenTags(samples, tags);
  expect(seen[0]).toMatchObject({ value: '123.4', unit: 'W', quality: 'good' });
  expect(renderTags(seen, utcMs(6000), 'en').split('\n')).toEqual([
    'pv.power  123.4 W  good         5 s ago',
    'pv.model  SG [2J   good         5 s ago',
    'pv.limit  —        bad:device   5 s ago',
    'pv.state  —        bad:waiting',
  ]);
  expect(renderTags(seen, utcMs(6000), 'zh')).toContain('good         5 s前');
});
