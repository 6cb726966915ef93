/** A journal whatever the file looks like: damage is met at the open, set aside and recorded. */
import { GatewayError } from '../model/errors.ts';
import { journalError, openJournalFile } from './journal-file.ts';
import { type JournalOptions, SqliteJournal } from './sqlite-journal.ts';

/** Opens the file, or a new one in place of a damaged one. Throws operator errors only. */
export function openJournal(options: JournalOptions): SqliteJournal {
  try {
    return openOnce(options);
  } catch (error) {
    // Damage met only now: the file was not closed in order this time, so the next open looks closer.
    if (error instanceof GatewayError && error.code === 'journal.corrupt') return openOnce(options);
    throw error;
  }
}

function openOnce(options: JournalOptions): SqliteJournal {
  const { path, maxSize, clock, log } = options;
  const file = openJournalFile(path, maxSize, clock.utc());
  try {
    const journal = new SqliteJournal(file, options);
    if (file.quarantined) {
      const { path: moved_to, reason } = file.quarantined;
      log.error('journal.file-quarantined', { path, moved_to, reason });
      journal.recordLostFile();
    }
    return journal;
  } catch (error) {
    file.connection.close();
    throw journalError(path, error, 'journal.unusable');
  }
}
