/** How a journal is told from another SQLite file, FORMAT.md. */

/** `hgjl` in the header of the file. */
export const JOURNAL_APPLICATION_ID = 0x6867_6a6c;
export const JOURNAL_FORMAT_VERSION = 2;
/** Tools read what is older as well; the gateway brings it up to this version when it opens it. */
export const OLDEST_FORMAT_VERSION = 1;

/** Of every journal, whatever a damaged header says. */
export const JOURNAL_PAGE_BYTES = 512;
