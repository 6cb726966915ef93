/** What becomes of a damaged journal that was set aside, as a technician reads it. Pure. */
import type { SalvageFacts } from '../journal/journal.ts';
import type { Language } from '../model/errors.ts';

/** One line; it stands until the gateway is started again. */
export function salvageLine(facts: SalvageFacts, language: Language): string {
  const { state, file } = facts;
  const percent = Math.floor(facts.share * 100);
  const isZh = language === 'zh';
  if (state === 'looking')
    return isZh
      ? `损坏的日志库已隔离，正在检查 ${file}：${percent} %`
      : `a damaged journal was set aside, looking through ${file}: ${percent} %`;
  if (state === 'saving')
    return isZh
      ? `正在从损坏的 ${file} 抢救数据：${facts.blocks} 块，${percent} %`
      : `saving what the damaged ${file} holds: ${facts.blocks} blocks, ${percent} %`;
  const saved = isZh
    ? `已从损坏的 ${file} 抢救 ${facts.blocks} 块（共发现 ${facts.found} 块），${facts.samples} 个样本`
    : `saved from the damaged ${file}: ${facts.blocks} of ${facts.found} blocks, ${facts.samples} samples`;
  return [saved, ...lossesOf(facts, isZh)].join(' · ');
}

function lossesOf(facts: SalvageFacts, isZh: boolean): readonly string[] {
  const { damagedBlocks, leftBlocks, missingBlocks, lostSamples } = facts;
  const told: readonly (readonly [number, string])[] = [
    [damagedBlocks, isZh ? `${damagedBlocks} 块无法读取` : `${damagedBlocks} cannot be read`],
    [leftBlocks, isZh ? `${leftBlocks} 块放不下` : `no room for ${leftBlocks}`],
    [
      missingBlocks,
      isZh ? `${missingBlocks} 块已不存在` : `${missingBlocks} are not there any more`,
    ],
    [
      lostSamples,
      isZh ? `永久丢失 ${lostSamples} 个样本` : `${lostSamples} samples are lost for good`,
    ],
  ];
  return told.flatMap(([count, text]) => (count > 0 ? [text] : []));
}
