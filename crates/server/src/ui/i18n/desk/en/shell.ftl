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
role-marketer-note = Tags, segments, lists; records opt-outs.
role-compliance = Compliance officer
role-compliance-note = Records opt-ins with evidence, changes the rules, erases and exports.
role-admin = Admin
role-admin-note = Everything, and who else may what.
