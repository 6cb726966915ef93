/** What was assumed about a list of registers, what was left out, and what comes next. Pure. */
import type { RowProblem } from '../../../config/import/reader.ts';
import type { Imported } from '../../../config/import/tags.ts';
import { written } from '../../../config/tree.ts';
import type { Language } from '../../model/errors.ts';

interface FoundOptions {
  /** Of the profile. */
  readonly id: string;
  /** Titles of columns that nothing was taken from. */
  readonly unused: readonly string[];
  /** The new file; undefined where the profile was printed. */
  readonly out: string | undefined;
  readonly language: Language;
}

export function renderFound(found: Imported, options: FoundOptions): string {
  const { id, unused, out, language } = options;
  const { tags, problems, doubts } = found;
  const rows = new Set(problems.map(({ line }) => line)).size;
  const lines = [...doubts, ...problems]
    .toSorted((a, b) => a.line - b.line || a.col - b.col)
    .map((one) => lineOf(one, language));
  const counts =
    language === 'zh'
      ? `${tags.length} 个测点，${doubts.length} 处假定，略去 ${rows} 行`
      : `${tags.length} tags, ${doubts.length} assumed, ${rows} row(s) left out`;
  const skipped = {
    en: `columns that say nothing to headgate: ${unused.join(', ')}`,
    zh: `未使用的列：${unused.join('、')}`,
  };
  const file = out ?? 'my-site/profiles/…';
  const put = out === undefined ? PUT[language] : '';
  const next = {
    en: `${put}name it at a device as profile: ${id}, and run headgate check; compare what was assumed with the display: headgate read <bus> --unit <n> --profile ${file}`,
    zh: `${put}在设备上写 profile: ${id}，再运行 headgate check；假定之处请与显示对照：headgate read <总线> --unit <n> --profile ${file}`,
  };
  return [...lines, ...(unused.length > 0 ? [skipped[language]] : []), counts, next[language]].join(
    '\n',
  );
}

const PUT: Readonly<Record<Language, string>> = {
  en: 'put it into profiles/ of a site, ',
  zh: '放入站点的 profiles/ 后',
};

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
