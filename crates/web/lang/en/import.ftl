import = Import
import-step-upload = Upload
import-step-mapping = Match columns
import-step-check = Dry run
import-step-running = Importing
import-step-result = Result
import-what = What to import
import-drop = Drop a file here, or click to choose
import-drop-text = CSV or XLSX; a million rows are fine
import-earlier = Earlier imports
import-column = Column in the file
import-samples = Samples
import-field = Goes into field
import-leave-out = — leave out —
import-mode = How
import-match = Find existing records by
import-preview = Preview
import-remember = Remember this mapping for next time
import-check = Dry run
import-check-text = Nothing has been saved yet. This is what the import would do.
import-run = Import now
import-errors = Rows with errors
import-failed-file = Download failed rows
import-row = Row
import-problem = Problem
import-may-leave = You may leave this page; you will be told when it is done.
import-pause = Pause
import-see-result = See the result
import-done = Import finished. Rows with errors did not stop the others; correct them and import again.
import-another = Import another
merge = Merge
merge-text = Choose a value for each field. The left record stays, the other goes into it.
merge-stays = stays
merge-goes = goes into it
merge-moves = What moves along
merge-can-undo = A merge can be taken back at any time; nothing is lost.
import-mode-create = Create all
import-mode-update = Update existing
import-mode-upsert = Update or create
import-rows = Rows
import-created = Created
import-updated = Updated
import-failed = With errors
import-duplicates = Possible duplicates
import-progress = { $n ->
    [one] { $n } row done
   *[other] { $n } rows done
}
import-rows-n = { $n ->
    [one] { $n } row
   *[other] { $n } rows
}
import-undo = Undo everything
import-undo-confirm = Created records are deleted and changed fields get back what they held.
import-open = Open the list
import-undone-removed = { $n } deleted.
import-undone-restored = { $n } restored.
import-undone-kept = { $n } kept, since they were changed afterwards.
import-state-received = uploaded
import-state-running = running
import-state-done = done
import-state-cancelled = stopped
import-state-failed = failed
import-state-undoing = being undone
import-state-undone = undone
