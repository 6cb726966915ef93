/** Problems as people read them; for machines a problem is JSON as it is. Pure. */
import type { Language } from '../gateway/model/errors.ts';
import type { Problem } from './problem.ts';
import { written } from './tree.ts';

const WARNING: Readonly<Record<Language, string>> = { en: 'warning: ', zh: '警告：' };
const ARROW = '  → ';

/** `file:line:col code message` and the next step below it, for each problem. */
export function renderProblems(problems: readonly Problem[], language: Language): string {
  return problems
    .map((problem) => {
      const { code, severity, message, hint } = problem;
      const warning = severity === 'warning' ? WARNING[language] : '';
      return `${written(problem)} ${code} ${warning}${message[language]}\n${ARROW}${hint[language]}`;
    })
    .join('\n');
}
