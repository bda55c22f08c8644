### Every word of Gatepost: screen, exports and command line.
### The part of a key with underscores is the code that Rust sends, for example evidence-structure_only.

## General

app-title = Gatepost
demo-badge = DEMO 演示
demo-sentence = This is a demonstration: all data is made up
dot = { ", " }
list-comma = { ", " }
loading = Loading…
try-again = Try again
cancel = Cancel
close = Close
save = Save
unit-celsius = °C
language-name = English
language-zh-CN = 中文
language-en = English
theme-light = Light
theme-dark = Dark
theme-sunlight = Sunlight
sound-on = Sound on
sound-off = Muted
control-language = Language
control-theme = Look
control-sound = Sound
control-curtain = Hide
control-help = Keys
control-sign_out = Sign out

role-guard = Guard
role-manager = Manager
kind-supermarket = Supermarket
kind-hotel = Hotel
kind-hospital = Hospital
kind-other = Other

weekday-0 = Sunday
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-before-0 = Last Sunday
weekday-before-1 = Last Monday
weekday-before-2 = Last Tuesday
weekday-before-3 = Last Wednesday
weekday-before-4 = Last Thursday
weekday-before-5 = Last Friday
weekday-before-6 = Last Saturday

## Verdicts

verdict-admit = Admit
verdict-measure_again = Measure again
verdict-check = Check
verdict-refuse = Refuse
verdict-not_verified = Not verified
verdict-hold = Measure again / check

instruction-admit = Please go in, keep one metre apart
instruction-red_code = Keep out, lead to isolation point
instruction-fever = Rest 5 minutes, then measure again
instruction-yellow_code = Step aside, check and register
instruction-yellow_code-refuse = Keep out, lead to waiting area
instruction-low_temperature = Aim at the forehead, once more
instruction-no_mask = Put on a mask first
instruction-stale_code = Refresh the code and show it again
instruction-code_from_the_future = Refresh the code, check the clock
instruction-repeated_code = Make sure it is the same person
instruction-colour_not_seen = Look closely at the colour of the code
instruction-nothing_shown = Show a health code or a document
instruction-camera_no_picture = Look at the health code yourself
instruction-again = Press Enter again to confirm, or retype

reason-red_code = Red code
reason-fever = { $temperature } °C reaches the threshold of { $threshold } °C
reason-fever-above = { $temperature } °C is above the threshold of { $threshold } °C
reason-yellow_code = Yellow or orange code
reason-low_temperature = { $temperature } °C is below { $limit } °C, probably badly measured
reason-no_mask = No mask
reason-stale_code = The code is out of date, perhaps a screenshot
reason-code_from_the_future = The code is later than this device's clock
reason-repeated_code = The same code was shown a moment ago
reason-colour_not_seen = Nobody could tell the colour of the code
reason-nothing_shown = Neither code nor document was shown
reason-camera_no_picture = No camera picture: the program saw no code

cause-red_code = Red code
cause-fever = Fever
cause-yellow_code = Yellow code
cause-low_temperature = Low temperature
cause-no_mask = No mask
cause-stale_code = Code out of date
cause-code_from_the_future = Code time wrong
cause-repeated_code = Shown again
cause-colour_not_seen = Colour not seen
cause-nothing_shown = Nothing shown
cause-camera_no_picture = No camera picture

temperature-normal = { $temperature } °C, normal
entry-written = Recorded as no. { $position }
entry-written-in = Recorded as no. { $position }, { $seconds } s
card-fever-preview = Not recorded yet

## Code, evidence, mask

colour-green = Green code
colour-yellow_orange = Yellow code
colour-red = Red code
colour-none = No colour
colour-row-green = Green
colour-row-yellow_orange = Yellow
colour-row-red = Red
colour-row-none = No colour
colour-unknown = Which colour?
colour-word-green = Green
colour-word-yellow_orange = Yellow / orange
colour-word-red = Red
colour-word-none = No colour
colour-by-guard = Seen by the guard
document-identity = Identity document
document-paper = Paper pass
document-companion = Companion vouches
shown-nothing = Nothing shown
issuer-unknown = Issuer unknown
evidence-issuer_online = Verified online by its issuer
evidence-signature_offline = Signature valid
evidence-structure_only = Shape only, unverified
evidence-seen_by_staff = By eye only, unverified
evidence-document = Document seen
evidence-none = No evidence
evidence-short-issuer_online = Online
evidence-short-signature_offline = Signature
evidence-short-structure_only = Shape
evidence-short-seen_by_staff = By eye
evidence-short-document = Document
evidence-short-none = None
mask-worn = Mask worn
mask-not_worn = No mask
mask-put_on = Mask put on when asked
mask-short-worn = Worn
mask-short-not_worn = Not worn
mask-short-put_on = When asked
age-seconds = { $n } s old
age-minutes = { $n } min old
age-hours = { $n } h old
age-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
} old
age-future = time lies ahead
code-out_of_date = Out of date
code-first_seen = Shown before at { $time }
code-follows = Follows no. { $position }

## Door

door-duty = Guard { $guard }
door-shift-since = since { $time }
door-today = Today
door-people = { $n ->
    [one] person
   *[other] people
}
door-refused = { $n } refused
door-code = Code
door-temperature = Temperature
door-threshold-at_least = ≥ { $threshold } °C is held
door-threshold-above = > { $threshold } °C is held
door-recent = Last entries
door-recent-empty = No entries in this shift yet
door-cases = To follow up
door-cases-none = Nobody to follow up
door-cases-some = { $n } to follow up
door-cases-how = * chooses and measures again
door-cases-more = { $n } more
door-case-fever = Fever { $temperature } °C
door-case-low_temperature = Low { $temperature } °C
door-case-waits-again = measure again
door-case-waits-check = check
door-case-waits-refused = refused, follow up
door-case-since = { $time }, waiting { $waited }
door-waiting = Waiting behind
step-code = Show the code
step-temperature = Type the temperature
step-confirm = Press Enter
door-verdict = Verdict
door-revoked = Voided
camera = Camera
camera-live = Camera works
camera-opening = Opening the camera
camera-no_picture = No camera picture
camera-picture = Camera picture
camera-goes-on = Go on by keyboard: G Y R, or / for a document
camera-reason-camera-absent = No camera was found
camera-do-camera-absent = Check the camera's cable; it reopens by itself
camera-reason-camera-busy = Another program is using the camera
camera-do-camera-busy = Close video calls and other programs that use the camera
camera-reason-camera-no-permission = The system does not allow the camera
camera-do-camera-no-permission = Allow Gatepost to use the camera in the system settings
camera-reason-camera-format-unsupported = The camera's picture format cannot be used
camera-do-camera-format-unsupported = Use another camera, or let the manager choose one in the settings
camera-reason-camera-stalled = The camera stopped sending pictures
camera-do-camera-stalled = It is being reopened; if this goes on, unplug it and plug it in again
camera-reason-camera-recording-unreadable = The recorded pictures cannot be read
camera-do-camera-recording-unreadable = Check the picture files of the demonstration
camera-reason-other = The camera failed ({ $reason })
camera-do-other = It is being reopened; if this goes on, unplug it and plug it in again
scan-help-too_far = Closer, please
scan-help-too_near = A little further away, please
scan-help-too_dark = Too dark: brighter screen, please
scan-help-glare = Reflection: tilt the phone, please
scan-help-blurred = Hold it still, please
scan-help-partly_covered = Show the whole code, please

prompt-show_code = Please show your health code
prompt-say_colour = Say the colour with one key
prompt-type_temperature = Measure and type, e.g. 365
prompt-press_enter = Press Enter to confirm
prompt-confirm_fever = Press Enter again to confirm, or retype
prompt-temperature_waits = Temperature noted, now show the code
prompt-not_a_temperature = Not a temperature; type again, e.g. 365
prompt-out_of_range = Must lie between 30.0 and 45.0 °C
prompt-too_many_waiting = Two are waiting already, finish one first
prompt-choose_document = What was shown?
prompt-choose_void_reason = Why void the last entry?
prompt-choose_case = Measure whom again?
prompt-nothing_to_void = There is nothing to void
prompt-not_written = Not written, nothing lost: press Enter to retry
prompt-written_unseen = Recorded, but it cannot be shown now. Do not enter it again; tell the manager
prompt-cannot_look_up = Cannot look up whether this code was shown before. Check by hand and tell the manager
prompt-close_shift = Close the shift now?
prompt-close_shift-open = { $n ->
    [one] One case is
   *[other] { $n } cases are
} still open
close-shift-yes = Close the shift
close-shift-no = Stay on duty
choice-escape = Back

key-enter = Confirm
key-no_phone = No phone
key-void_last = Void
key-cases = Follow up
key-escape = Clear
key-close_shift = Close shift

help-title = Keys
help-any-key = Any key closes this and still does its work
help-digits = Type the temperature: 365 is 36.5 °C
help-enter = Confirm; a fever needs it twice
help-escape = Clear this visitor, or close a choice
help-backspace = Take the last character back
help-mask = Mask: worn → not worn → put on when asked
help-colours = Green, yellow, red, colourless code
help-colour-digits = Before a temperature: green, yellow, red
help-no_phone = No phone: document, paper, companion
help-void_last = Void your own last entry
help-cases = Follow up: measure somebody again
help-help = This page
help-language = 中文 / English
help-theme = Light, dark, sunlight
help-sound = Sound on and off
help-close_shift = Close the shift
help-curtain = Hide the screen

curtain-title = Screen hidden
curtain-sentence = F12 brings it back; nothing was interrupted

## Set-up, sign-in, shift

set_up-title = Set up this gate
set_up-sentence = Once only, about two minutes. Data stays on this device; no network is needed.
set_up-venue-title = Venue
set_up-gate-title = Gate and hours
set_up-people-title = People
set_up-venue = Name of the venue
set_up-venue-example = For example: Huimin Market
set_up-kind = Kind of venue
set_up-gate = Name of the gate
set_up-gate-example = For example: East gate
set_up-opens = Opens
set_up-closes = Closes
set_up-hours-hint = The same time twice means round the clock
set_up-manager_name = Manager's name
set_up-manager_pin = Manager's PIN
set_up-guard_name = Guard's name
set_up-guard_pin = Guard's PIN
set_up-pin-hint = 6 to 12 digits; not 123456, a birthday or one digit repeated
set_up-show-pins = Show PINs
set_up-today = Today is { $weekday }, { $day }; it is { $clock }
set_up-today-about = Finishing confirms this date. If it is wrong, set the computer's date and time first.
set_up-finish = Finish
set_up-working = Setting up…

sign_in-who = Who is signing in?
sign_in-who-hint = Number key or ↑ ↓
sign_in-pin = PIN of { $name }
sign_in-pin-hint = Type it and press Enter
sign_in-enter = Sign in
sign_in-first-choose = Choose a name, then type the PIN
sign_in-nobody = Nobody can sign in yet
sign_in-demo-pins = Demo PINs: manager { $manager }, guard { $guard }

shift-hello = { $name }, check and open your shift
shift-gate = Gate
shift-clock = This device's clock
shift-clock-hint = Compare it with a watch
shift-camera = Camera
shift-open = Open the shift
shift-open-hint = Enter opens the shift

## Date

date-title = Is the date right?
date-ask = Is today { $weekday }, { $day }?
date-about = The program itself cannot know. Personal data is destroyed in time only where somebody has confirmed the date.
date-yes = Yes, it is
date-no = No
date-confirmed = The date was confirmed, and the ledger records it
date-wrong = Set the computer's date and time
date-wrong-do = Open "Date and time" in the system settings of the computer and correct them there. The gate goes on, and records keep their order.

## Log

office-log = Entries
office-settings = Rules and settings
office-rooms = Back office
office-manager = Manager { $name }

log-all-days = All days
log-export = Export
log-export-format = File format
log-export-csv = CSV
log-export-xlsx = Excel workbook
log-exporting = Exporting { $done } of { $total }
log-exporting-start = Exporting…
log-exported = Exported { $rows } entries; the export itself is record no. { $position }
log-open-folder = Open folder
log-admitted = Admitted
log-admitted-of = of { $n } checked
log-week-before = { $weekday }, whole day: { $n }
log-held = Refused / held
log-by-hand = { $n } not verified
log-median = Median temperature
log-low = { $n ->
    [one] { $n } low reading
   *[other] { $n } low readings
}
log-voided = Voided
log-voided-hint = Kept and struck through
log-none = None
filter-label = Filters
filter-today = Today
filter-day = Choose a day
filter-day-all = All days
filter-gate-all = All gates
filter-verdict-all = All verdicts
filter-guard-all = All guards
filter-corrected = Corrections only
filter-clear = Clear filters
log-table = Entries; choose a row with ↑ ↓, void it with V
log-table-read = Entries; choose a row with ↑ ↓
column-position = No.
column-time = Time
column-code = Code
column-evidence = Evidence
column-temperature = Temp.
column-mask = Mask
column-verdict = Verdict
column-guard = Guard
column-note = Note
log-empty-title = No entry fits
log-empty-sentence = Try another day or clear the filters
log-first-title = No entries yet
log-first-sentence = They appear here once a guard opens a shift and checks the first visitor
log-ledger = { $n } records in the ledger; nothing is ever changed
log-shown = { $from }–{ $to }
log-older = Older
log-newest = Newest
log-newer = Newer
note-follows = Follows no. { $position }
note-voided = Void: { $reason } → no. { $position }
void-row = Void
void-title = Void no. { $position }
void-sentence = The entry is not deleted: it is struck through and a new record says why.
void-reason = Reason
void-reason-wrong_person = Wrong person
void-reason-typo = Mistyped temperature
void-reason-duplicate = Recorded twice
void-reason-test = Test
void-reason-other = Other
void-note = Note
void-note-hint = No names, phone or document numbers
void-confirm = Void this entry
void-done = No. { $position } is void

## Rules and settings

settings-policy = Rules
settings-policy-sentence = Holds from the next visitor on. Every change becomes a record in the ledger.
settings-threshold = Fever threshold (°C)
settings-operator = Exactly the threshold is
settings-operator-at_least = a fever (≥)
settings-operator-above = no fever (>)
settings-low_limit = Measure again below (°C)
settings-mask = Mask
settings-mask-required = Required
settings-mask-free = Not required
settings-yellow = Yellow or orange code
settings-yellow-hold = Check
settings-yellow-refuse = Refuse
settings-repeat = Same code again within (min)
settings-repeat-hint = 0 switches it off
settings-saved = Saved; it holds from the next visitor on
settings-unsaved = There are unsaved changes
settings-camera = Camera
settings-camera-first = The first one that works
settings-camera-none = No camera was found
settings-camera-chosen = The chosen camera is now used
settings-appearance = Look and sound
settings-folders = Folders
settings-data-folder = Data
settings-export-folder = Exports
settings-version = Version { $version }

## Faults and refusals

fault-title = Gatepost cannot be used right now
fault-nothing-lost = Every recorded entry is still there; no file was changed.
fault-untouched = No file was changed or overwritten.
fault-folder = Folder
fault-disk_full = The disk is full
fault-disk_full-do = Delete files you do not need, free at least 100 MB, then open Gatepost again.
fault-read_only = The data folder may not be written
fault-read_only-do = Let the administrator allow this user to write to the folder below, then open Gatepost again.
fault-locked = Another program is using the data
fault-locked-do = Close the other Gatepost window or the backup program, then try again.
fault-newer_schema = The data was written by a newer Gatepost
fault-newer_schema-do = Install the newest Gatepost. An older one will not touch this data.
fault-damaged = The data file is damaged
fault-damaged-do = Delete nothing. Copy gatepost.sqlite3 and, if it is there, gatepost.sqlite3-wal from the folder below to a USB stick, without the key files; then restore a backup or call maintenance.
fault-not_ours = This file is not Gatepost's data
fault-not_ours-do = Choose another data folder, or move the file away and open Gatepost again.
fault-key_missing = The key file of the data is missing
fault-key_missing-do = Put the key files (gatepost.key and the others) back into the folder below, then open Gatepost again. No backup holds them.
fault-keychain_unavailable = This computer's keychain is locked or does not answer
fault-keychain_unavailable-do = Unlock the keychain of the user who set up Gatepost, then try again. It holds the keys of the data.
fault-unreadable = The data cannot be read
fault-unreadable-do = Check that the disk is connected, then open Gatepost again.
fault-unknown = The program does not answer
fault-unknown-do = Close the window and open Gatepost again.

error-signed_out = Signed out; please sign in again
error-forbidden = Your role may not do this
error-wrong_pin = Wrong PIN; { $tries ->
    [one] one try
   *[other] { $tries } tries
} left
error-locked_out = Too many tries; wait { $seconds } s
error-pin_too_simple = PIN too simple: 6 to 12 digits, no runs or repeats
error-pins_equal = Two people may not have the same PIN
error-name_missing = Please fill this in
error-hours_wrong = Write the time like 08:00
error-already_set_up = This device is already set up
error-no_open_shift = No shift is open
error-not_found = This entry was not found
error-already_voided = This entry is already void
error-note_missing = Please say why
error-not_a_day = That is not a day
error-policy-nothing_is_normal = The low limit must lie below the fever threshold, or no temperature is normal
error-policy-repeat_window_too_long = A day (1440 minutes) is the longest
error-last_manager = The only manager's account cannot be closed
error-own_account = You cannot close the account you are using
error-retention_out_of_range = Retention is 1 to 3650 days
error-hold_reversed = The last day lies before the first
error-not_witnessing = No witness is being waited for
error-not_an_inspector = This is not an inspector's device
error-check_running = Another file is being checked; please wait
error-no_keychain = The system's keychain cannot be used; the keys stay where they are
error-export_folder = The export folder cannot be written; see Rules and settings
error-unknown = That did not work; please try again
error-not_a_number = A whole number, please
error-not_a_temperature = A temperature between 30.0 and 45.0, please

## The seal on paper

seal_sheet-title = Seal of the ledger
seal_sheet-demo = DEMO: nothing in this ledger happened
seal_sheet-venue = Venue
seal_sheet-gate = Gate
seal_sheet-at = Printed at
seal_sheet-size = Records
seal_sheet-origin = Name of the ledger
seal_sheet-meaning = Keep this sheet away from the device. Whoever checks the ledger later must find the same eight words and the same code for this number of records; if they differ, something before this seal was changed.
seal_sheet-file_name = Seal
destruction_sheet-title = Certificate of destruction
destruction_sheet-class = What was destroyed
destruction_sheet-days = Days (UTC)
destruction_sheet-count = Items
destruction_sheet-when = Destroyed at (the gate's clock)
destruction_sheet-by = By which rule
destruction_sheet-rule = Retention in force then: { $days } days
destruction_sheet-position = Record no.
destruction_sheet-hash = Hash of the record
destruction_sheet-meaning = The gate states: personal data and exact temperatures of these days were deleted from this device when their time was over, and the keys that open them were destroyed. Records and seals stay and can still be audited.
destruction_sheet-size = Records of the seal
destruction_sheet-witnesses = Witness signatures on the seal; compare their keys with the witnesses themselves
destruction_sheet-witnesses-none = none
destruction_sheet-proof = File with the proof
destruction_sheet-sha256 = SHA-256 of that file
destruction_sheet-check = With the record and the seal below, the file proves that this statement stands in the sealed ledger. It cannot prove that nobody has copied the data elsewhere. On the gate's data this command makes another such proof, to the newest seal; its SHA-256 is another: { $command }
destruction_sheet-file_name = Certificate

## Staff

office-staff = Staff
office-ledger = Ledger
office-inspector = Inspector { $name }
role-inspector = Inspector
role-about-guard = Checks visitors at the gate
role-about-manager = Reads, exports, sets the rules, keeps the staff
role-about-inspector = Reads entries and ledger, witnesses, makes bundles; changes neither entries nor rules
staff-sentence = Every change becomes a record in the ledger. A closed account stays closed; its records stay, too.
staff-add = Add somebody
staff-table = Staff
column-number = No.
column-name = Name
column-role = Role
column-state = State
column-actions = Actions
staff-you = you
staff-active = May sign in
staff-closed = Closed
staff-reset = Reset PIN
staff-close = Close account
staff-name = Name
staff-role = Role
staff-pin = PIN
staff-new_pin = New PIN
staff-old_pin = Present PIN
staff-pin-again = Once more
staff-pins_differ = The two PINs differ
staff-add-title = Add somebody
staff-add-confirm = Add
staff-added = { $name } was added as no. { $number }
staff-reset-title = Reset the PIN of { $name }
staff-reset-confirm = Reset PIN
staff-reset-done = The PIN of { $name } was reset
staff-close-title = Close the account of { $name }?
staff-close-sentence = Nobody can sign in with it any more, and it cannot be opened again. Its records stay.
staff-close-done = The account of { $name } is closed
staff-mine = Change my PIN
staff-mine-confirm = Change PIN
staff-mine-done = Your PIN was changed

## Ledger

ledger-trust = Can this ledger be trusted?
audit-not_yet = Not all records were audited yet
audit-not_yet-about = Only the last ones were, when the program started. "Audit now" goes from the first record to the last.
audit-running = Auditing
audit-running-about = { $checked } of { $of } records
audit-whole = Audited, and nothing was found
audit-whole-about = { $n } records agree with their signatures, { $at }
audit-asks = { $n ->
    [one] The records fit, but there is one thing to ask about
   *[other] The records fit, but there are { $n } things to ask about
}
audit-older = Nothing was found, but this is older than your last visit
audit-older-about = It has { $n } records; at your last visit there were { $witnessed }. A backup or bundle made before looks like this. If it is said to be the ledger of today, records were cut off: ask the manager.
audit-broken = Record no. { $position } does not fit
audit-broken-about = From there on this ledger proves nothing
audit-unreadable = Not audited: the ledger cannot be read
warning-late_erasure = Personal data was destroyed late, or is still there although it is due
warning-shift_never_closed = A shift was never closed
warning-no_shutdown = The program had not been ended before it started: a power cut, or somebody touched the data
warning-restored = The ledger was put back from a backup, so records after that backup may be gone
warning-before_keys = What stands before was written by an older version, without signatures
warning-where = { $n ->
    [one] record no. { $position }
   *[other] { $n } times, first at record no. { $position }
}
ledger-audit = Audit now
ledger-witness = Have it witnessed
ledger-unwitnessed = { $n ->
    [one] The last record has
   *[other] The last { $n } records have
} no outside witness yet
ledger-unwitnessed-about = Only this device's own signature vouches for what nobody outside has seen.
ledger-unwitnessed-none = All { $n } records were witnessed from outside
ledger-unwitnessed-never = No outside witness yet for any of the { $n } records
broken-rule = The rule that is broken
broken-expected = Should be
broken-found = Is
broken-do-title = What to do now
broken-do-go_on = The gate goes on checking visitors.
broken-do-copy = Delete and change nothing. Copy gatepost.sqlite3 and, if it is there, gatepost.sqlite3-wal to a USB stick, and no other file of the folder: the keys may be among them.
broken-do-keep = Keep this file as it is and change nothing.
broken-do-ask = Note record no. { $position } and ask the gate's manager about it.
broken-do-tell = Tell the inspector, and name record no. { $position }.
rule-missing = No record is missing, and none too many
rule-leaf = A record is as it was written
rule-position = A record stands at the number it states
rule-reference = A record refers only to records before it
rule-nodes = The stored hashes are those of the records
rule-genesis = The first record opens the ledger, and no other does
rule-monotonic = Starts and running time never go back
rule-clock = Every jump of the clock is recorded as it was
rule-key = Keys change as the ledger says
rule-head = The device's signature fits the records
rule-origin = Seals, witnesses and keys are of this ledger
rule-seal = A seal is signed by a key of this ledger
rule-cosignature = A witness's signature is valid
rule-truncated = The ledger is no shorter than when it was sealed
rule-forked = The ledger begins as it did when it was sealed
rule-back_dated = The times of records fit those of the witnesses
rule-erase_early = Personal data is not destroyed too early
rule-erase_held = Nothing is destroyed during a hold
rule-erase_count = As much was destroyed as the record says
rule-kind = The kind of a record is listed as it is
rule-disclosure = Personal data that was not destroyed is there and fits its record
rule-disclosure_left = Personal data that was destroyed is gone
rule-entries = The table of entries says what the records say
rule-voids = The table of voids says what the records say
rule-shifts = The table of shifts says what the records say
rule-sightings = The table of repeated codes says what the records say
rule-inspections = The table of witnesses says what the records say
rule-schema = The database is laid out as this program does it
rule-other = { $rule }

seal-title = Seal
seal-about = The seal stands for all { $n } records of this moment. Whatever is changed in them later no longer fits it.
seal-words = Eight words
seal-words-about = Read them over the telephone: the same words, the same seal
seal-origin = Name of the ledger
seal-qr = The seal as a code
seal-print = Print the seal
seal-printed = The seal is ready to be printed, signed and kept
file-about = { $kilobytes } kB, SHA-256
witnesses-title = Outside witnesses
witnesses-about = Once an inspector has signed, a change to any record before that no longer fits the signature.
witnesses-none = Nobody has witnessed it yet. When an inspector comes, the two devices scan each other's codes; no network is needed.
witness-row = the first { $n } records, { $at }
witness-unknown = proves nothing of who signed it: this device does not know the key, and anybody may choose such a name

retention-title = How long personal data is kept
retention-about = Then it is destroyed by itself, exact temperatures included. Records and seals stay as they are and can still be audited.
retention-visitor_days = Visitors (days)
retention-incident_days = Fever, red code, refusal (days)
retention-saved = Saved, and recorded in the ledger
retention-clock = The clock jumped ahead, so nothing is destroyed for now
retention-clock-about = Compare date and time with a watch. If they are right, go on.
retention-clock-confirm = The time is right, go on
retention-clock-done = Confirmed; what is due is destroyed again
hold-title = Holds
hold-about = While an investigation runs, personal data of these days is kept beyond its time. Give local dates; listed are days in UTC, which may be one more on either side.
hold-from = From
hold-to = To
hold-place = Place a hold
hold-lift = Lift
hold-none = No holds
days = { $from } to { $to }
erasure-title = What was destroyed
erasure-none = Nothing was destroyed yet
erasure-row = { $class }, { $n ->
    [one] 1 item
   *[other] { $n } items
}
erasure-position = Record no. { $position }
certificate-make = Certificate
certificate-of = Certificate of record no. { $position }
certificate-made = The certificate is ready to be printed and signed
certificate-proof = The proof that is to be handed out with it
class-visitor = Visitors
class-incident = Fever, red code, refusal

keys-title = Keys
keys-keychain = The keys are in the system's keychain
keys-keychain-about = Whoever takes the data folder cannot use them without this system account.
keys-key_file = The keys are files in the data folder: the weaker choice
keys-key_file-about = Whoever gets the whole folder has the keys, too, and could rewrite what nobody outside has witnessed.
keys-to-keychain = Move to the keychain
keys-to-key_file = Move to files
keys-moved = The keys were moved
keys-verifier = Verifier key (public)
keys-changes = { $n ->
    [one] Changed once
   *[other] Changed { $n } times
}
keys-change = Change the key
keys-change-title = Change the key?
keys-change-about = The old key signs the new one and is gone; the ledger records it. The next visit of a witness takes two rounds.
keys-reason = Reason
keys-reason-routine = In turn
keys-reason-suspected = Somebody else may have the old one
keys-changed = The key was changed, and the ledger records it

bundle-title = Audit bundle
bundle-about = One file with which an inspector can audit the whole ledger without Gatepost. It holds no personal data unless you add some below.
bundle-make = Make the bundle
bundle-making = Working…
bundle-made = The bundle is ready
bundle-disclose = Add the personal data of some records
bundle-disclose-about = Only where an investigation needs it. Which ones and why is recorded in the ledger.
bundle-positions = Record numbers, with spaces between
bundle-positions-wrong = Record numbers, please, for example 1276 1280
bundle-reason = Reason
backup-title = Backup and disk
backup-about = Every record as it is now, but no keys: without those of this computer names, notes and temperatures cannot be opened and the ledger cannot go on. What is due later cannot be opened in the backup either.
backup-make = Back up now
backup-made = The backup is done; copy it to a USB stick
disk-free = { $n } MB are free on the disk
disk-alarm = Only { $n } MB are free; make room

alarm-disk = The disk is nearly full
alarm-disk-do = Delete what is not needed and free at least 500 MB.
alarm-reserve_used = Disk full, the reserve is being used
alarm-reserve_used-do = Delete files now, or entries can soon no longer be recorded.
alarm-ledger_broken = The ledger does not fit
alarm-ledger_broken-do = Open the ledger and do what it says there.
alarm-clock_unconfirmed = Clock to be confirmed
alarm-clock_unconfirmed-do = Open the ledger and confirm the time, so that what is due is destroyed again.
alarm-tell = Go on, and tell the manager

witnessing-title = Witnessing
witnessing-about = The two devices scan each other's codes; no network is needed. No personal data leaves this device.
witnessing-step-1 = Scan the inspector's code
witnessing-step-2 = They scan this one
witnessing-step-3 = Scan their answer
witnessing-hello = Hold the inspector's code before the camera
witnessing-hello-about = The inspector begins a visit on their own device, and a code appears there.
witnessing-request = Let the inspector scan this code
witnessing-request-about = When their device shows its answer, hold that before the camera.
witnessing-request-qr = The code for the inspector's device
witnessing-with = Witness { $witness }, { $n } records
witnessing-words = If they see this ledger for the first time, compare these eight words
witnessing-done = Witnessed
witnessing-done-about = { $witness } witnessed { $n } records, { $at } by their clock
witnessing-again = The key was changed since the last visit: once more, please
witnessing-once-more = Once more
witnessing-end = End
witnessing-finish = Done
witnessing-trouble-other_code = This is no code of an inspector's device
witnessing-trouble-other_ledger = Their device expects another gate; let them choose this one
witnessing-trouble-other_seal = This answer is not for the code on the screen; let them scan again
witnessing-trouble-clock-ahead = Their clock is { $span } ahead; set both clocks first
witnessing-trouble-clock-behind = Their clock is { $span } behind; set both clocks first
witnessing-trouble-not_kept = The code was read, but this device's data failed and witnessing did not go on: { $fault }

set_up-inspector = Use this device as an inspector
set_up-inspector-hint = No gate: it witnesses and audits the ledgers of others

inspector-title = Inspector's device
inspector-sentence = It checks no visitors; it witnesses and audits the ledgers of gates
inspector-known = Gates it has witnessed
inspector-known-none = None yet. At a gate for the first time, choose "New gate".
inspector-known-row = { $n } records, { $at }
inspector-known-trusted = Known, not witnessed yet
inspector-new = New gate
inspector-verifier = This device's public key (for the gates)
inspector-leave = Leave the inspector's side
inspector-idle = Choose a gate to witness
inspector-idle-about = At the gate, a manager or inspector signs in, opens the ledger and chooses "Have it witnessed".
inspector-hello = Hold this code before the gate's camera
inspector-hello-about = Then scan the code on the gate's screen with this device's camera.
inspector-hello-qr = The first code, for the gate
inspector-expects = This visit: { $origin }
inspector-expects-new = This visit: a new gate
inspector-misread = This is no code of a gate; aim at the large code on its screen
inspector-not_kept = The gate's code was read, but this device could not keep it and gave no signature: { $fault }
inspector-first = A ledger seen for the first time: compare the eight words
inspector-first-about = Compare them one by one with those on the gate's screen. Only if all are the same is this the ledger of that gate.
inspector-first-size = { $n } records now
inspector-first-same = All eight are the same
inspector-first-other = They differ, end
inspector-cosigned = Signed: hold this code before the gate's camera
inspector-cosigned-about = Wait until the gate says "Witnessed", then choose "Done".
inspector-cosigned-size = Witnessed: the first { $n } records
inspector-cosigned-grown = { $before } records last time, { $n } now, and they begin the same
inspector-cosigned-qr = The answer, for the gate
inspector-refused = Not signed
inspector-refused-alarm = Not signed: it contradicts what was seen last time
inspector-refused-sizes = { $before } records last time, { $n } now
inspector-evidence = What the gate showed is kept as evidence
inspector-evidence-about = Note time, place and who was there, and report it together with the file.
refusal-other_key = The gate uses another key than last time, and the ledger records no change
refusal-other_key-do = Let the manager explain whether the device was set up anew. Do not accept it before.
refusal-handover = The key is said to have changed, but that record does not say so
refusal-handover-do = Let the manager come and explain, and do not accept this ledger.
refusal-bad_signature = The signature is not valid
refusal-bad_signature-do = Perhaps it was misread: scan again. If it stays so, do not accept it.
refusal-truncated = The ledger is shorter than last time: records were cut off
refusal-truncated-do = Let the manager explain whether an old backup was restored, and secure this device.
refusal-other_root = As many records as last time, but other ones
refusal-other_root-do = Records that were witnessed have been changed. Secure this device.
refusal-forked = The ledger does not continue what was seen last time
refusal-forked-do = Records that were witnessed have been changed or replaced. Secure this device.
refusal-clock = This device's clock is earlier than at the last visit
refusal-clock-do = Set the date and time of this device first. The gate has done nothing wrong.
check-title = Audit a file
check-about = An audit bundle, or a data folder copied from a gate. You can drop it onto the window.
check-path = Path of the file or folder
check-start = Audit
check-unreadable = There is no bundle or data folder here that can be read. Check the path, or ask the gate for a new one.
check-words = The seal it was audited against
check-continues = It continues the { $n } records this device has witnessed
check-continues-older = Its first { $n } records stand under this device's own signature, as they were seen then
check-continues-older-none = Nothing in it was signed by this device, so it cannot be compared with what was seen before
check-continues-none = This device never witnessed this ledger, so it cannot be compared with anything seen before
check-continues-trusted = This device trusts this ledger's key and has not witnessed any of its records yet
check-part = The bundle shows records no. { $from } to { $to } of { $of }; erasures, references and the course of the clock can only be audited in the whole ledger
check-witnesses = { $n ->
    [0] It holds no cosignature of this device.
    [one] It holds one cosignature of this device.
   *[other] It holds { $n } cosignatures of this device.
}
check-witnesses-unknown = { $n ->
    [one] One more is of a key that this device does not know; it may be the gate's own, so it is no outside witness.
   *[other] { $n } more are of keys that this device does not know; they may be the gate's own, so they are no outside witnesses.
}
span-seconds = { $n } s
span-minutes = { $n } min
span-hours = { $n } h

code-text = No camera?
code-text-instead = Without a picture, text does it as well: open "No camera?"
code-text-mine = Copy this text for the other device
code-text-theirs = Paste the other device's text, then Enter
seal-at-close = Print the seal
seal-at-close-about = Sign it and hand it over

## Exports

bundle-file_name = Bundle
backup-file_name = Backup
export-file_name = entries
export-column-demo = Demo
export-column-position = Position
export-column-date = Date
export-column-time = Time
export-column-gate = Gate
export-column-guard = Guard
export-column-shown = Shown
export-column-issuer = Issuer
export-column-age = Age of the code (s)
export-column-colour = Colour
export-column-colour_by = Colour seen by
export-column-evidence = Evidence
export-column-temperature = Temperature (°C)
export-column-mask = Mask
export-column-verdict = Verdict
export-column-reasons = Reasons
export-column-follows = Further reading of
export-column-void_reason = Void because
export-column-void_position = Voided by
export-column-remark = Remark
export-shown-decoded = Health code, decoded
export-shown-seen_by_staff = Health code, looked at
export-temperature-erased = Erased on schedule
export-colour_by-camera = Camera
export-colour_by-guard = Guard
export-remark-note_withheld = The void has a note, which is not exported

## Command line

cli-scan-code = { $file }: { $issuer }, { $colour }, version { $version }, { $milliseconds } ms, { $payload }
cli-scan-none = { $file }: no code found, { $milliseconds } ms
cli-scan-unreadable = { $file }: cannot be read; check that it is a PNG, JPEG or Y4M file
cli-scan-frame = { $file } frame { $frame }
cli-scan-no_pictures = { $file }: no PNG, JPEG or Y4M file in this folder that can be read
cli-scan-explained = { $n } pictures and explained.txt are in { $folder }. They show what was in front of the camera, and the code may hold personal data: delete them when they are no longer needed.
cli-not_one_file = --explain draws one file: name one
cli-scan-explain-head = How the first frame of { $file } was read. Codes: { $codes }. The pictures show the last pass over it: { $pass }.
cli-scan-explain-personal = These pictures show what was in front of the camera, and the code may hold personal data: delete them when they are no longer needed.
cli-scan-explain-luma = Luma. A code is read from luma alone; its colour comes last.
cli-scan-explain-dark_and_light = Dark (black) and light (white), by the contrast of each place.
cli-scan-explain-finders = Places that look like a finder pattern. Red crosses: refused after a closer look at their rings in grey, { $refused }. Green outlines: seen, { $finders }.
cli-scan-explain-triples = Three finders that may belong to one code, blue lines, { $triples } of them. Green outlines: codes that were read.
cli-scan-explain-grid = The code as a plane of { $modules } modules a side: the lines between them, blue, and where the three finders should be, green.
cli-scan-explain-modules = How dark each module is: left, as sampled; middle, after undoing the blur; right, as decided. Modules that are known beforehand and came out wrong are red.
cli-scan-explain-symbol = Left, the code straightened. Right, the samples from which its colour is told, each in its own colour; the outer ring is the white beside it. Result: { $colour }, confidence { $confidence }.
cli-payload-bytes = { $n } bytes that are not text
cli-colour-dark = Black and white
cli-colour-other = Another colour
cli-colour-unsure = Colour unclear
cli-colour-not_seen = Picture without colour
cli-export-done = { $rows } { $rows ->
    [one] entry
   *[other] entries
} exported to { $path }; the export is recorded as No. { $position }, SHA-256: { $sha256 }
cli-export-none = No entry matches and no file was written; check --day, --gate and --verdict
cli-simulate-done = Demonstration made in { $folder }: { $days } { $days ->
    [one] day
   *[other] days
}, { $entries } entries, { $seconds } s, { $rate } entries a second. All data is made up.
cli-simulate-progress = Day { $day } of { $days }
cli-simulate-folder = Name an empty folder with --data-dir; a demonstration is never written into the usual data folder
cli-simulate-not_a_demo = { $folder } holds other data, which was not touched; name an empty folder
cli-simulate-not_empty = The demonstration in { $folder } already has entries and was not touched; name an empty folder
cli-simulate-pins = A PIN has 6 to 12 digits, no runs or repeats, and the three PINs must differ
cli-simulate-impossible = These days cannot be simulated; check --days and --last-day
cli-no_data = There is no data of Gatepost in { $folder }; name the data folder
cli-fault = { $fault } ({ $folder }). { $do }
cli-disk_full = The disk is full and no file was written; make room and try again
cli-cannot_write = { $path } cannot be written; choose another file or folder
cli-impossible_time = Entry No. { $position } has an impossible time and no file was written; restore the data from a backup
cli-output = The output ended early because its reader was closed; run the command again
cli-unreadable = { $path } cannot be read; check the name and who may read it
cli-empty = { $path } is empty; give a file or pipe with content
cli-no_code = No code was found in the picture { $path }; take it again, sharp and straight
cli-picture_from_pipe = A picture can only be read from a file; save it and name it
cli-not_a_ledger = { $path } is neither a data folder, nor a database of Gatepost, nor an audit bundle; name one of them
cli-not_a_seal = { $path } is not a seal of a ledger; give the file that "ledger seal" wrote, or a picture of its code
cli-not_a_policy = { $path } is not a policy; its lines begin with log, witness, group or quorum
cli-bytes_to_terminal = This message is not text and would upset the terminal; name a file with -o or --qr
cli-too_long_for_code = This is too long for a code; use -o and carry the file
cli-unknown_picture = { $path } ends in neither .svg nor .png; choose one of the two
cli-no_such_record = There is no record no. { $position }; the ledger has { $size }, counted from 0
cli-not_disclosed = Record no. { $position } does not hold { $field }, or it was destroyed on schedule; leave it out
cli-kept_by_policy = The retention policy still keeps { $day }, and nothing was destroyed; choose an earlier day
cli-kept_by_hold = { $day } is on hold, and nothing was destroyed; choose an earlier day or have the hold lifted
cli-date_unconfirmed = The clock jumped ahead after { $day }, and nothing was destroyed; have the manager confirm the date first
cli-already_there = { $path } is there already and was not touched; choose another name
cli-words = Words: { $words }
cli-seal-done = Seal of { $size } records of { $origin }: { $path }
cli-prove-done = Proof of record no. { $position } in the seal of { $size } records: { $path }
cli-verify-sound = { $path }: no fault found in { $size } records of { $origin }
cli-verify-root = Root: { $root }
cli-verify-witness = Witnessed: { $size } records by { $witness } at { $time }
cli-verify-witness-unknown = Signed: { $size } records by { $witness } at { $time }; you did not name this witness (--witness or --policy), so it proves nothing to you
cli-verify-witnessed = All records were seen from outside
cli-verify-unwitnessed = The last { $n } records, from no. { $size } on, rest on the gate's word alone
cli-verify-unwitnessed-all = All { $n } records rest on the gate's word alone; compare a seal that was kept (--since) or name a witness (--witness)
cli-verify-warning = Ask about this: { $warning } ({ $where })
cli-verify-part = Shown are records no. { $from } to { $to }; erasures, references and the course of the clock can only be audited in the whole ledger
cli-verify-not_provable = Not provable by any audit: a visitor who was never scanned, a temperature that was typed wrongly, changes in records that nobody outside has seen yet
cli-verify-fault = { $path }: fault at record no. { $position }. Broken rule: { $rule }. Expected { $expected }, found { $found }
cli-verify-fault-file = { $path }: fault in { $file }. Broken rule: { $rule }. Expected { $expected }, found { $found }
cli-rule-packing = The file is packed in its one form
cli-rule-files = Every file is there once, and no other
cli-rule-manifest = The device's key signed the list of files
cli-rule-form = A file has its one form
cli-rule-policy = The policy names the keys of the ledger
cli-rule-content = A file is the one that was signed
cli-rule-consistency = An older seal is about the beginning of the same ledger
cli-rule-proof = Disclosed data fits its record
cli-rule-quorum = Enough of your witnesses signed
cli-not_a_hello = { $path } is not an inspector's first message; let the inspector make one with “ledger witness hello”
cli-not_a_request = { $path } is not what a gate shows to a witness; let the gate make it with “ledger witness request”
cli-not_a_cosignature = { $path } is not a witness's signature; give the inspector's answer
cli-no_witness = There is no witness in { $folder }; make one with “ledger witness init”
cli-unknown_origin = The ledger { $origin } is not known to this witness; leave --origin out, or give the ledger's key with --key
cli-unknown_ledger = { $origin } is seen for the first time, and nothing was signed. Compare these words with those at the gate: { $words }. Only if all eight are the same, use --trust-first-contact
cli-refused = Not signed: { $refusal }. { $do }
cli-other_ledger = The inspector's message is for another gate; let them make one for this ledger
cli-cosignature_refused = This is not this witness's signature over one of the newest seals, or it is kept already; nothing was recorded
cli-clocks = The inspector's clock differs by { $seconds } seconds, and nothing was recorded; set both clocks and begin again
cli-unknown_witness = The key of this witness is not known here; give the inspector's first message with --hello or the key with --witness
cli-witness-key = Witness: { $key }
cli-witness-known = Knows { $size } records of { $origin }, { $time }
cli-witness-hello = First message, for the gate: { $path }
cli-witness-request = Seal of { $size } records, for the inspector: { $path }. At a first visit compare the words: { $words }
cli-witness-cosigned = Signed { $size } records of { $origin } ({ $before } before): { $path }
cli-witness-accepted = { $witness } witnessed { $size } records at { $time }; recorded as no. { $position }
cli-nothing_to_erase = Nothing of these days is left to be destroyed; choose a later day
cli-no_records = No record lies in these days, and no file was written; check --from and --to
cli-nothing_disclosed = Record no. { $position } holds no personal data, or it was destroyed on schedule; leave it out
cli-bad_line = Line { $line } is no register, and nothing of its group was written; correct it, or use --leave-out-bad-lines
cli-restore_loses = Records that stand in the folder would be lost, and nothing was touched; if that is meant, add --replace { $choice }
cli-erased = Certificate of destruction, record no. { $position }: { $class }, { $from } to { $to }, { $n } items; sealed with { $size } records
cli-retention = Kept for { $visitor } days (visitors) and { $incident } days (fever, red code, refusal)
cli-retention-hold = On hold: { $from } to { $to }
cli-retention-due = Due now: { $class }, { $from } to { $to }
cli-retention-waits = Waits until the manager confirms the date: { $class }, { $from } to { $to }
cli-salvage-done = { $recovered } records recovered, { $lost } missing between them; { $sealed } of them stand sealed in the new database: { $path }
cli-salvage-none = No record could be recovered; look for a backup
cli-salvage-refused = Rows that are not what was recorded: { $n }; left out
cli-salvage-entries = Entries whose row was made again from the record: { $n }; the local time may differ
cli-salvage-people = People of whom only records were found: { $n }; names and PINs are lost, so a manager has to give them new PINs or accounts
cli-salvage-disclosures = Temperatures, notes and other personal data that were not found: { $n }
cli-salvage-rows = Rows left out because others that they refer to are lost: { $n }
cli-salvage-venue = The venue's name and hours were not found; the gate's name stands in their place
cli-salvage-no_manager = No manager can sign in on the new database. Put the key files into { $folder } and make one there with “gatepost-cli manager”; the ledger records that
cli-manager-done = Account no. { $number } of a manager was made. It is recorded, and that nobody signed in made it; in the window it can give the others new PINs
cli-manager_is_left = A manager can sign in and makes accounts in the window; nothing was made
cli-pin_too_simple = A PIN has 6 to 12 digits, no runs or repeats; give another as the first line of standard input
cli-name_missing = The name is empty or longer than 30 characters; give another with --name
cli-not_a_day = { $day } lies at the very end of the calendar; choose another day
cli-append-done = { $n ->
    [one] 1 record is
   *[other] { $n } records are
} written, from no. { $first } on
cli-append-left_out = { $n ->
    [one] 1 record is
   *[other] { $n } records are
} written, from no. { $first } on; lines left out: { $bad }
cli-append-none = No record was written
cli-bundle-done = Bundle of { $n } records, sealed with { $size }: { $path }; recorded as no. { $position }
cli-backup-done = Backup of { $size } records: { $path }, SHA-256 { $sha256 }; recorded as no. { $position }
cli-restore-plan = The backup holds { $size } records; difference to the folder: { $difference }. Nothing was touched
cli-restore-done = { $size } records were put back into { $folder }; the next start records that
cli-restore-no_keys = { $size } records were put back into { $folder }; its keys are missing, so it can be read and audited but not continued: put the key files beside it
cli-bench-row = { $name }: { $rate } a second, half within { $p50 } µs, 99 of 100 within { $p99 } µs
cli-bench-disk = Disk alone (4 KiB, fdatasync)
cli-bench-append = Record with signature and commit
cli-bench-proof = Proof of one record
cli-bench-audit = Audit: { $rate } records a second. A record reaches { $share } times the rate of the disk
