/** A combined reading in the words of its YAML, one entry a line. Pure. */
import type { CombinedReadingRule } from '../combined-reading-rule.ts';
import type { MeterSetup } from '../kinds/reading/reading-setup.ts';
import { durationText } from '../tests/rule-test-words.ts';

type Line = { readonly key: string; readonly text: string };

const two = (value: number): string => `${value}`.padStart(2, '0');

/** Its meters with their registers, and when they are read. */
export function readingLines({
  group,
  roles,
  freezeCommand,
}: CombinedReadingRule): readonly Line[] {
  const { meters, periods, window, balance } = group;
  const { every, freeze } = periods;
  return [
    ...meters.map(meterLine),
    ...(every === undefined ? [] : [{ key: 'every', text: durationText(every) }]),
    ...(freeze === undefined
      ? []
      : [{ key: 'freeze', text: `${two(freeze.hour)}:${two(freeze.minute)}` }]),
    { key: 'within', text: durationText(window.within) },
    ...(freezeCommand
      ? [{ key: 'freeze_command', text: `${freezeCommand.tag} = ${freezeCommand.value}` }]
      : []),
    ...(balance
      ? [{ key: 'balance', text: `${balance.main} − (${balance.subs.join(' + ')})` }]
      : []),
    ...roles.map(([key, of]) => ({
      key: key.replace(/^combined_reading\.(meters\.)?/, ''),
      text: of.text,
    })),
  ];
}

/** `em_1203.total [kWh] + 62 d`: the days that it keeps by itself. */
function meterLine({ name, medium, tag, freezeDays, rules }: MeterSetup): Line {
  const called = name === medium ? '' : `${name}: `;
  const kept = freezeDays > 0 ? ` + ${freezeDays} d` : '';
  return { key: medium, text: `${called}${tag} [${rules.counts.unit}]${kept}` };
}
