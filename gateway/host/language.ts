import type { Language } from '../model/errors.ts';

/**
 * The reader's language: `HEADGATE_LANG`, else the locale; Chinese where it says zh, else English. As with every locale, a
 * variable that is empty says nothing.
 */
export function languageOf(environment: NodeJS.ProcessEnv): Language {
  const { HEADGATE_LANG, LC_ALL, LC_MESSAGES, LANG } = environment;
  const wanted = HEADGATE_LANG || LC_ALL || LC_MESSAGES || LANG;
  return wanted?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
