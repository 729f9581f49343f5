errors-heading = { $n ->
    [one] One thing needs correction
   *[other] { $n } things need correction
}
say-failed = That did not work. Please try again.
say-offline = No connection. Nothing is lost.
say-forbidden = You may not do this.
say-gone = This record is gone, or not yours to see.
say-changed = Someone just changed this record.
say-copied = Copied
say-nothing = Nothing matches
say-lifted = Lifted. Arrows move, Enter drops, Esc puts back.
say-selected = { $n } selected
say-remove = Remove { $name }
say-moved = Moved to { $name }
error-403 = You may not do this
error-403-text = Ask an administrator, or go on from your day.
error-404 = There is no such page
error-404-text = It may have been deleted, or it is not yours to see.
error-413 = Too large
error-413-text = Split the file and try again.
error-429 = Too fast
error-429-text = Too many requests. Please try again in a minute.
error-500 = Something went wrong
error-500-text = Not your fault; it has been noted. Try again, or tell the number to an administrator.
error-503 = Not available just now
error-503-text = Upgrading or starting. Please wait a moment.
error-507 = The disk is full
error-507-text = Reading goes on, saving does not. Please tell an administrator.
