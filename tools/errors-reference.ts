/** docs/ERRORS.md from the error catalogue: every code, in both languages. */
import { CATALOGUE, type ErrorText } from '../gateway/model/errors.ts';

const KINDS = {
  transient: 'passes by itself; the gateway tries again · 暂时性，网关自动重试',
  permanent: 'the same input gives the same result · 相同输入结果相同',
  operator: 'someone has to act · 需要人工处理',
  bug: 'our mistake; please report it · 程序缺陷，请反馈',
} as const;

/** The whole document. */
export function renderErrors(): string {
  const entries: readonly (readonly [string, ErrorText])[] = Object.entries(CATALOGUE);
  const sections = entries
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([code, { kind, message, hint }]) =>
      [
        `## ${code}`,
        '',
        `*${kind}*`,
        '',
        `- ${message.en}  \n  → ${hint.en}`,
        `- ${message.zh}  \n  → ${hint.zh}`,
        '',
      ].join('\n'),
    );
  const kinds = Object.entries(KINDS).map(([kind, words]) => `- *${kind}*: ${words}`);
  return [
    '# Errors · 错误',
    '',
    'Generated from `gateway/model/catalogue` by `npm run generate`. A code never changes its meaning. · 由错误目录生成，代码含义不变。',
    '',
    ...kinds,
    '',
    ...sections,
  ].join('\n');
}
