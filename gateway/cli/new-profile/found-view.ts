/** What was assumed about a list of registers, what was left out, and what comes next. Pure. */
import type { RowProblem } from '../../../config/import/reader.ts';
import type { Imported } from '../../../config/import/tags.ts';
import { written } from '../../../config/tree.ts';
import type { Language } from '../../model/errors.ts';

interface FoundOptions {
  /** Of the profile. */
  readonly id: string;
  readonly language: Language;
}

export function renderFound(found: Imported, { id, language }: FoundOptions): string {
  const { tags, problems, doubts } = found;
  const rows = new Set(problems.map(({ line }) => line)).size;
  const lines = [...doubts, ...problems]
    .toSorted((a, b) => a.line - b.line || a.col - b.col)
    .map((one) => lineOf(one, language));
  const counts =
    language === 'zh'
      ? `${tags.length} 个测点，${doubts.length} 处假定，略去 ${rows} 行`
      : `${tags.length} tags, ${doubts.length} assumed, ${rows} row(s) left out`;
  const next = {
    en: `put it into profiles/ of a site, name it at a device as profile: ${id}, and run headgate check; compare what was assumed with the display, by headgate read`,
    zh: `放入站点的 profiles/ 后在设备上写 profile: ${id}，再运行 headgate check；假定之处请用 headgate read 对照显示核实`,
  };
  return [...lines, counts, next[language]].join('\n');
}

/** `file:line:col code column: what` and the next step below it. */
function lineOf(one: RowProblem, language: Language): string {
  const { column, code, message, hint, assumed } = one;
  const [colon, taken, out] =
    language === 'zh'
      ? ['：', `；按 ${assumed} 处理`, '；该行略去']
      : [': ', `; taken as ${assumed}`, '; the row is left out'];
  const end = assumed === undefined ? out : taken;
  return `${written(one)} ${code} ${column}${colon}${message[language]}${end}\n  → ${hint[language]}`;
}
