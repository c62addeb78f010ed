# The pages in English. Every text may speak of { $business }.

the-business = the business

## The page of a person

page-title = Your choices · { $business }
heading = Messages from { $business }
intro = You decide what reaches you. Switch off what you no longer want, then save. It counts at once.
saved = Saved. It counts from now on.
saved-note = A message that was already on its way may still arrive.
silent = You get no messages from { $business }.
silent-note = If you write to us yourself, we may answer you.
paused = Offers are paused while we look into a message of yours.
paused-until = Offers are paused until { $date }.

section-marketing = Offers and news
section-utility = Orders and notices
section-authentication = Security codes
section-service = Conversations
whole-marketing = All offers and news
whole-marketing-note = Also kinds that we add later. Off means that nothing in this list comes.
whole-utility = All orders and notices
whole-utility-note = About what you bought, booked or asked for.
whole-authentication = All security codes
whole-authentication-note = Codes with which you sign in or confirm something.
whole-service = All conversations
whole-service-note = Answers to what you write to us.
channels-heading = How offers may reach you
channel-whatsapp = WhatsApp
channel-sms = Text message (SMS)
channel-email = E-mail

on = On
off = Off
agreed = You agreed on { $date } ({ $how }).
no-need = On until you switch it off.
refused = You switched it off on { $date } ({ $how }).
pending = We asked you on { $date }. Nothing comes before you say yes.
expired = You agreed on { $date }. That has expired, so nothing comes.
unasked = You have not agreed to this, so nothing comes.
save = Save
again-link = How to switch it on

how-web-form = web form
how-api = recorded by us
how-import = taken over from our records
how-staff = recorded by our staff
how-keyword = your message
how-button = a button in the chat
how-wording = your message
how-review = your message
how-preference-page = this page
how-erasure = you were deleted from our records
how-inherited = taken over from an earlier number
how-join-form = opt-in form
how-chat-link = link or QR code
how-ad-click = your message after an advertisement
how-sms-message = your text message
how-sms-wording = your text message
how-email-link = link in an e-mail
how-other = { $source }

stop-heading = Stop everything
stop-note = No offers, no order updates, no codes: no messages of any kind. If you write to us yourself later, we may answer you.
stop-button = Stop all messages

meta-heading = The switch in WhatsApp itself
meta-on = As far as WhatsApp has told us, its switch “Offers and announcements” is on for { $business }.
meta-off = You switched “Offers and announcements” from { $business } off in WhatsApp on { $date }. As long as it is off, no offers come, whatever stands above.
meta-note = That switch belongs to WhatsApp. Only you can change it, not we:
meta-step-chat = In WhatsApp, open the chat with { $business }.
meta-step-name = Tap the name at the top.
meta-step-switch = Under “Offers and announcements”, choose what you want.

again-heading = Switching something on again
again-note = This page alone can only switch things off: a link can fall into wrong hands. To switch something on, show us that it is you.
again-start = In WhatsApp, send us the word START. It brings back what you stopped by message or on this page.
again-start-button = Send START in WhatsApp
again-code = Or ask for a code below. With it you can also switch on single things here.

history-heading = Your history
history-note = Everything that you agreed to and refused, for you to see and keep. So that nobody else sees it, we send a code to your WhatsApp first.
code-send = Send me a code
code-closed = WhatsApp lets us send you a code only within 24 hours after you wrote to us. Please send us any message, then come back here.
code-write = Write to us in WhatsApp
code-sent = We have sent a code to your WhatsApp. It is good for 10 minutes.
code-label = The 6 digits of the code
code-open = Show my history
code-wrong = That is not the code. Please look again.
code-late = That code is used up or too old. Please ask for a new one.
code-wait = You have just been sent a code. Please wait a minute before you ask for another.
code-enough = You have had as many codes as we send in a day. Please try again tomorrow.
code-failed = The code could not be sent. Please try again later.
code-message = Your code for your page with { $business }: { $code }. It is good for 10 minutes. We will never ask you for it. If you did not ask for a code, you need not do anything.

open-heading = Your history
open-note = You showed us that it is you. For 15 minutes you can also switch things on here.
open-events = What you agreed to and refused
open-none = Nothing has been recorded yet.
open-receipt = Receipt number
open-shown = What you were shown: “{ $wording }”
receipt-one = Download receipt
receipt-all = Download all receipts
receipt-note = A receipt is a file that says what you agreed to, word for word, and how it can be proved.
event-opt-in = You agreed
event-opt-out = You refused
event-opt-in-requested = We asked you
event-platform-stop = You switched offers off in WhatsApp
event-platform-resume = You switched offers on in WhatsApp
event-hold = We paused messages
event-release = The pause ended
event-retract = We corrected an earlier entry
event-other = Another entry
event-all = everything
proof-late = The time in which you could switch things on here is over. Please ask for a new code.

## Joining

join-kind = What you get
join-frequency = How often
join-choose = I would like to get
join-number = Your WhatsApp number
join-number-hint = With the country code, for example +44 7700 900123.
join-email = Your e-mail address (optional)
join-email-hint = Only if you want to get this by e-mail as well.
join-consent = With this form you agree that { $business } sends you what you ticked by WhatsApp. You can stop it at any time: answer STOP. You need not agree to buy anything.
join-consent-email = With this form you agree that { $business } sends you what you ticked by WhatsApp, and by e-mail if you give an address. You can stop it at any time: answer STOP, or use the link in each e-mail. You need not agree to buy anything.
join-button = Yes, send me this
join-faults = Please look at this again
join-fault-number = We cannot read that number. Please write it with the country code, for example +44 7700 900123.
join-fault-email = We cannot read that e-mail address. Please correct it, or leave the field empty.
join-fault-ticks = Nothing is ticked. Please tick what you would like to get.
join-fault-changed = This page has changed since you opened it. Please read it again and tick what you would like to get.

joined-title = Nearly done
joined-heading = Nearly done: send us the message in WhatsApp
joined-note = The message is already written. Please send it as it is: it shows us that the number is yours.
joined-button = Open WhatsApp
joined-other = Is WhatsApp on another phone? Scan this code with it.
joined-code = QR code that opens the chat with { $business }
joined-no-chat = Please look into WhatsApp. If something is left to do, it stands there.
joined-email = We are also sending you an e-mail. Please confirm there too.

unusable-heading = We could not use that
unusable-note = Nothing was changed. Please open the form again and fill it in once more, or try again later.
unusable-again = Open the form again

poster-title = Poster · { $business }
poster-steps = How to join
poster-scan = Scan the code with your phone’s camera.
poster-send = Send us the message that is already written.
poster-answer = Answer “{ $answer }”.
poster-in = That is all: you are in.
poster-code = QR code that opens the chat with { $business }
poster-by-answer = With this answer you agree that { $business } sends you these messages by WhatsApp. You can stop them at any time: answer STOP. You need not agree to buy anything.
poster-by-message = With this message you agree that { $business } sends you these messages by WhatsApp. You can stop them at any time: answer STOP. You need not agree to buy anything.
poster-print = Print
poster-svg = QR code (SVG)
poster-png = QR code (PNG)

## Links that open nothing

late-heading = This link has expired
late-note = It shows nothing any more, but it can still stop our messages. For a new link, write to us.
late-offers = Stop offers and news
late-done = Done. It counts from now on.
gone-heading = This link does not work
gone-note = A part of it may be missing, or a newer one has taken its place. To get no more messages, answer STOP to any message of ours.
trouble-heading = That did not work
trouble-note = Something went wrong on our side, and nothing was changed. Please try again in a moment. To get no more messages, you can also answer STOP to any message of ours.
foreign-heading = That did not come from this page
foreign-note = Another website tried to send something in your name. Nothing was changed. Please open the link from our message again.

## The question of a letter, and its page

letter-question-subject = Please confirm: e-mail from { $business }
letter-question-intro = On { $date } somebody gave this address to { $business }, probably you, on this page:
letter-shown = These words were shown there:
letter-question-yes = If it was you and you agree, open this page and say yes there. Opening it changes nothing yet:
letter-question-until = The link works until { $date }.
letter-question-no = If it was not you, you need not do anything: without your yes you get nothing. On the same page you can also say that we shall never write to this address.
letter-receipt-subject = What you agreed to: e-mail from { $business }
letter-receipt-intro = On { $date } you agreed to get e-mail from { $business }. You gave your address on this page:
letter-receipt-number = Receipt number:
letter-receipt-change = Here you see what you get, and can stop it at any time:

confirm-title = Please confirm · { $business }
confirm-heading = E-mail from { $business }: do you agree?
confirm-intro = Somebody gave us your e-mail address, probably you. Nothing comes before you say yes here.
confirm-shown = This is what was shown
confirm-yes = Yes, I agree
confirm-no-heading = Was it not you?
confirm-no-note = Then you need not do anything. If you want to be sure, we never write to your e-mail address again.
confirm-no = It was not me: never write to me
confirm-agreed-heading = Thank you, that is settled
confirm-agreed-note = You agreed to get e-mail from { $business }. A receipt is on its way to you. You can stop it at any time.
confirm-refused-heading = Done
confirm-refused-note = { $business } no longer writes to your e-mail address. It counts from now on.
confirm-own-page = See your choices

languages = Language
privacy = Privacy

date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
