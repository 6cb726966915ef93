/** docs/dlt645-identifiers.md from the tables of data items: every word, in both languages. */
import { IDENTIFIERS, QUALIFIER_NAMES, takes } from '../drivers/dlt645/catalogue.ts';
import { bytesOf, type Element } from '../drivers/dlt645/element.ts';
import type { Identifier } from '../drivers/dlt645/identifier.ts';

const HEAD = `# Data items of DL/T 645 meters · DL/T 645 电表数据项

Generated from \`drivers/dlt645\` by \`npm run generate\`. · 由 \`npm run generate\` 生成。

A tag's \`address:\` is a word of these tables and what it leaves open, or an identifier. ·
标签的 \`address:\` 写表中的名称及其限定词，或直接写数据标识。

\`\`\`yaml
energy:      { address: forward_active_energy }            # total · 总
energy_peak: { address: forward_active_energy tariff:2 }   # tariff 2 · 费率 2
last_month:  { address: forward_active_energy day:1 }      # last settlement day · 上一结算日
midnight:    { address: daily_freeze_forward_active_energy last:1 }
third:       { address: voltage_harmonic_a harmonic:3 }
relay_open:  { address: "run_status_3 bit:4" }
same:        { address: "00010000" }                       # the identifier · 数据标识
block:       { address: "0001FF00[2]" }                    # third value of a block · 数据块第 3 个值
oem:         { address: "00010000 bytes:4 decimals:4" }    # other format · 厂家自定格式
unknown:     { address: "02990001 bytes:3 decimals:2 signed" }
power:       { address: active_power, scale: 40 }          # CT × PT · 互感器倍率
freeze_now:  { address: "freeze broadcast", access: write } # now · hourly 15 · daily 00:00 · monthly 01 00:00
clock:       { address: "clock broadcast", access: write }  # now · 2024-11-15T13:45:00
relay:       { address: relay, access: write }              # trip · allow_close · close · alarm_on · alarm_off · guarantee_on · guarantee_off
\`\`\`

\`relay\` and parameters (any plain item with \`access: write\`) are written only when the device says
\`allow: [relay]\`, \`allow: [write]\` and a \`password\`; the clock, of one meter or of all, only with
\`allow: [clock]\`. A freeze needs nothing. Frozen data and load records carry the meter's own time.
All FFH, and half bytes that are no digit, are no value: quality \`bad:device\`. ·
只有设备选项写明 \`allow\` 和 \`password\` 时，\`relay\` 与参数才可写；校时（单表或广播）需 \`allow: [clock]\`；
冻结无需许可。冻结数据与负荷记录带电表自己的时间。
全 FF 或非 BCD 数字视为无值，质量为 \`bad:device\`。

In identifiers: \`t\` tariff, \`d\` settlement day, \`n\` harmonic, \`k\` how many back, \`p\` phase or number (the word says
it). ± means that the highest bit is the sign. · 标识中：\`t\` 费率，\`d\` 结算日，\`n\` 谐波次数，\`k\` 上几次，\`p\` 相别或序号；± 表示最高位为符号。
`;

/** The whole document. */
export function renderDlt645(): string {
  const sections = (['2007', '1997'] as const).flatMap((version) => [
    `\n## DL/T 645-${version}\n`,
    '| word · 名称 | identifier · 标识 | choose · 限定 | format · 格式 | unit · 单位 | |',
    '|---|---|---|---|---|---|',
    ...IDENTIFIERS[version].map(row),
  ]);
  return [HEAD, ...sections, ''].join('\n');
}

function row(identifier: Identifier): string {
  const { di, words, tuple, title } = identifier;
  const choices = QUALIFIER_NAMES.filter((name) => takes(identifier, name));
  const isByWord = di.includes('p');
  const formats = isByWord ? tuple : distinct(tuple);
  return [
    '',
    ` ${words.map((word) => `\`${word}\``).join(' ')} `,
    ` \`${di}\` `,
    ` ${choices.map((name) => `\`${name}\``).join(' ')} `,
    ` ${formats.map(formatOf).join(', ')} `,
    ` ${formats
      .map((one) => (one.kind === 'number' ? one.unit : ''))
      .filter(Boolean)
      .join(', ')} `,
    ` ${title.en} · ${title.zh} `,
    '',
  ].join('|');
}

const distinct = (tuple: readonly Element[]): readonly Element[] => [
  ...new Map(tuple.map((element) => [JSON.stringify(element), element])).values(),
];

function formatOf(element: Element): string {
  const bytes = bytesOf(element);
  if (element.kind === 'time') return `${bytes} B ${element.form}`;
  if (element.kind !== 'number') return `${bytes} B ${element.kind}`;
  return `${bytes} B, ${element.decimals} decimals${element.signed ? ' ±' : ''}`;
}
