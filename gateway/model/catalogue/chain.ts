import type { ErrorText } from '../errors.ts';

/** What is taken out of a journal, and what is proven of it. */
export const chainErrors = {
  'export.not-written': {
    kind: 'operator',
    message: {
      en: 'the export cannot be written to {file}: {reason}',
      zh: '无法将导出写入 {file}：{reason}',
    },
    hint: {
      en: 'name another file, in a folder that exists, that you may write to, and that has room',
      zh: '请指定其他文件：所在目录须存在、可写且空间足够',
    },
  },
  'verify.not-readable': {
    kind: 'operator',
    message: {
      en: '{file} is neither a site, nor a journal, nor an export: {reason}',
      zh: '{file} 既不是站点，也不是日志库文件或导出文件：{reason}',
    },
    hint: {
      en: 'name the folder of a site, its journal.db, or what "headgate export" wrote as ndjson; CSV cannot be verified',
      zh: '请指定站点目录、其 journal.db，或 "headgate export" 生成的 ndjson 文件；CSV 无法校验',
    },
  },
} as const satisfies Record<string, ErrorText>;
