/** A journal whatever the file looks like: damage is met at the open, set aside and recorded. */
import { GatewayError } from '../model/errors.ts';
import { dropJournalFile, journalError, openJournalFile } from './file/journal-file.ts';
import { realPath } from './salvage/quarantine.ts';
import { type JournalOptions, SqliteJournal } from './sqlite-journal.ts';

/** Opens the file, or a new one in place of a damaged one. Throws operator errors only. */
export function openJournal(given: JournalOptions): SqliteJournal {
  const options = { ...given, path: realPath(given.path) };
  try {
    return openOnce(options, options.damage);
  } catch (error) {
    // Damage that is met only now is nothing that the next open would see.
    if (error instanceof GatewayError && error.code === 'journal.corrupt')
      return openOnce(options, String(error.details.reason));
    throw error;
  }
}

function openOnce(options: JournalOptions, damage: string | undefined): SqliteJournal {
  const { path, maxSize, clock, log } = options;
  const file = openJournalFile(path, maxSize, clock.utc(), {
    damage,
    expects: options.expects,
  });
  try {
    const journal = new SqliteJournal(file, options);
    const { expects } = options;
    if (expects?.epoch === journal.epoch && journal.head < expects.head) {
      const reason = `it ends at block ${journal.head}, and ${expects.head} were stored`;
      throw new GatewayError('journal.corrupt', { path, reason });
    }
    if (file.quarantined) {
      const { path: moved_to, reason } = file.quarantined;
      log.error('journal.file-quarantined', { path, moved_to, reason });
    } else if (expects && expects.epoch !== journal.epoch)
      log.error('journal.file-replaced', { path, epoch: journal.epoch, before: expects.epoch });
    if (file.quarantined || (expects && expects.epoch !== journal.epoch)) journal.recordLostFile();
    return journal;
  } catch (error) {
    dropJournalFile(file.connection);
    throw journalError(path, error, 'journal.unusable');
  }
}
