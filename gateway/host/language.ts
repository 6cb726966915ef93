import type { Language } from '../model/errors.ts';

/**
 * The reader's language: `HEADGATE_LANG`, else the locale; Chinese where it says zh, else English.
 */
export function languageOf(environment: NodeJS.ProcessEnv): Language {
  const wanted =
    environment.HEADGATE_LANG ?? environment.LC_ALL ?? environment.LC_MESSAGES ?? environment.LANG;
  return wanted?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
