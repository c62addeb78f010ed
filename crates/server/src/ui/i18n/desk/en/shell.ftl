# What stands around every page of the dashboard.
nav-skip = Skip to the page
nav-menu = Menu
nav-pages = Pages
nav-home = Home
nav-users = Team
nav-sign-out = Sign out

desk-home = To the first page
desk-save = Save
desk-cancel = Cancel
desk-yes = Yes
desk-no = No
desk-gone = There is nothing here
desk-gone-note = The address leads to nothing, or what was there is gone.
desk-forbidden = Your role does not allow this
desk-forbidden-note = An admin of your team can give you another role.
desk-foreign = This form is too old
desk-foreign-note = It came from another page or from a session that has ended. Nothing was changed: open the page again and send it from there.
desk-refused = This could not be done
desk-too-large = What you sent is too large. Nothing was changed.
desk-broken-note = Something is broken on our side, and it was written to the log. Please try again.

role-viewer = Viewer
role-viewer-note = Looks at everything; numbers are masked.
role-agent = Agent
role-agent-note = Talks with customers, decides doubtful messages, records opt-outs.
role-marketer = Marketer
role-marketer-note = Campaigns, templates, tags, segments, lists; records opt-outs.
role-compliance = Compliance officer
role-compliance-note = Records opt-ins with evidence, changes the rules, erases and exports.
role-admin = Admin
role-admin-note = Everything, and who else may what.

nav-reviews = To decide
nav-settings = Settings
nav-count-unread = { $count ->
    [one] One unread
    [100] More than 99 unread
   *[other] { $count } unread
}
nav-count-reviews = { $count ->
    [one] One message to decide
    [100] More than 99 messages to decide
   *[other] { $count } messages to decide
}
nav-count-quarantine = { $count ->
    [one] One part not understood
    [100] More than 99 parts not understood
   *[other] { $count } parts not understood
}
nav-count-alerts = { $count ->
    [one] One alert
    [100] More than 99 alerts
   *[other] { $count } alerts
}
settings-consent = Stop words, opt-in words, scope, confirmations, and who would be affected by a change.
settings-attributes = Which attributes customers have, and what kind of value each holds.
settings-users = Who works here, what they may do, and invitations.
settings-account = Your name, language, time zone, password and authenticator.
reviews-note = These messages may mean “stop”. Until somebody decides, marketing to the person may be held. Open one and say in the conversation what they meant.
reviews-none = Nothing waits for a decision.
reviews-inbox = To the inbox
reviews-erased = The words were erased.
review-kind-review = May mean stop
review-kind-stop = Stop
review-kind-topic = About a topic
review-kind-pause = Wants a pause
review-kind-erasure = Wants to be forgotten
review-kind-wrong-number = Wrong number

desk-again = Open the page again
desk-method = A page cannot be asked for in this way. Open it from the menu.
desk-unreadable = What was sent could not be read. Nothing was changed.
factor-required = Your team asks everybody for a second factor. Add an authenticator, and then you can go on.
account-factor-other = Use another authenticator
inbox-opt-in = Opt in, with evidence
home-unread = { $count ->
    [one] One conversation has something unread.
    [100] More than 99 conversations have something unread.
   *[other] { $count } conversations have something unread.
}
home-ledger = { $count ->
    [one] The ledger has one entry.
   *[other] The ledger has { $count } entries.
}
home-ledger-never = Not verified since the start
home-ledger-running = Being verified
home-ledger-holds = Everything fits
home-ledger-breaks = Something does not fit
home-ledger-failed = Could not be verified
home-step-done = Done
home-step-open = To do
home-step-number = Connect a number of yours (in the settings file: whatsapp.accounts).
home-step-key = Make a key for your app.
home-step-colleague = Invite a colleague.
home-step-form = Make a form by which people join.
