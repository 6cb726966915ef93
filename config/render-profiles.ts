/** The profiles for people, made from the profiles themselves. Pure. */
import type { Profile, ProfileTag, Wording } from './profiles.ts';

/** All profiles, as the text of docs/reference-profiles.md. */
export function renderProfiles(profiles: readonly Profile[]): string {
  const tags = profiles.reduce((sum, one) => sum + one.tags.length, 0);
  const rows = profiles.map(
    ({ id, name, protocol, tags: own }) =>
      `| [\`${id}\`](#${anchorOf(id)}) | ${both(name)} | ${protocol} | ${own.length} |`,
  );
  return [
    `${HEAD}\n`,
    `${profiles.length} profiles, ${tags} tags. · 共 ${profiles.length} 个模板，${tags} 个测点。\n`,
    '| profile · 模板 | device · 设备 | protocol · 协议 | tags · 测点 |\n|---|---|---|---|',
    `${rows.join('\n')}\n`,
    ...profiles.map(sectionOf),
  ].join('\n');
}

const HEAD = `# Profiles · 设备模板

Generated from \`config/profiles\` by \`npm run generate\`. How to use and write them: [profiles.md](profiles.md). ·
由 \`config/profiles\` 生成。用法与编写方法见 [profiles.zh-CN.md](profiles.zh-CN.md)。`;

const both = ({ en, zh }: Wording): string => (en === zh ? en : `${en} · ${zh}`);

/** As GitHub makes anchors of headings. */
const anchorOf = (id: string): string => id.replaceAll('/', '');

function sectionOf(profile: Profile): string {
  const { id, name, protocol, device, factory, quirks, provenance } = profile;
  const facts = [
    `protocol · 协议 \`${protocol}\``,
    ...(Object.keys(device).length > 0 ? [`options · 选项 \`${pairs(device)}\``] : []),
    ...(Object.keys(factory).length > 0 ? [`as delivered · 出厂 \`${pairs(factory)}\``] : []),
  ];
  return [
    `## ${id}\n`,
    `${both(name)}  \n${facts.join(', ')}\n`,
    '| tag · 测点 | sign · 符号 | address · 地址 | unit · 单位 | meaning · 含义 |\n|---|---|---|---|---|',
    `${profile.tags.map(rowOf).join('\n')}\n`,
    ...(quirks.length > 0 ? [`${quirks.map((quirk) => `- ${both(quirk)}`).join('\n')}\n`] : []),
    `${provenance.map((one) => `*${originOf(one)}*`).join('  \n')}\n`,
  ].join('\n');
}

const pairs = (options: object): string =>
  Object.entries(options)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ');

function rowOf({ quantity, symbol, addressText, unit, name, access, written }: ProfileTag): string {
  const factors = ['scale', 'offset', 'scale_from']
    .filter((key) => key in written)
    .map((key) => `, ${key} ${written[key]}`);
  const writing = access === 'read' ? '' : ` (${access})`;
  const meaning = name ? both(name) : '';
  const address = `\`${addressText}\`${factors.join('')}${noValue(written.null_when)}`;
  return `| \`${quantity}\` | ${symbol ?? ''} | ${address} | ${unit ?? ''} | ${meaning}${writing} |`;
}

/** By which raw numbers the device says that it has none. */
const noValue = (raw: unknown): string =>
  Array.isArray(raw) ? `, none · 无值 ${raw.map(hexadecimal).join(', ')}` : '';

const hexadecimal = (raw: unknown): string =>
  typeof raw === 'number' && raw >= 0 ? `0x${raw.toString(16).toUpperCase()}` : String(raw);

const originOf = ({ source, verified, unverified }: Profile['provenance'][number]): string =>
  [
    `Source · 来源: ${source}`,
    ...(verified ? [`seen · 已验证: ${verified}`] : []),
    ...(unverified ? [`not verified · 未验证: ${unverified}`] : []),
  ].join('; ');
