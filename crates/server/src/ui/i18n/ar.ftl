# الصفحات بالعربية. يمكن لكل نص أن يذكر { $business }.

the-business = الشركة

## صفحة الشخص

page-title = اختياراتك · { $business }
heading = رسائل { $business }
intro = أنت من يقرر ما يصلك. أوقف ما لم تعد تريده ثم احفظ. يسري ذلك فورًا.
saved = تم الحفظ. يسري من الآن.
saved-note = قد تصلك رسالة كانت في الطريق بالفعل.
silent = لا تصلك أي رسائل من { $business }.
silent-note = إذا كتبت إلينا بنفسك فقد نرد عليك.
paused = العروض متوقفة مؤقتًا ريثما ننظر في رسالة منك.
paused-until = العروض متوقفة مؤقتًا حتى { $date }.

section-marketing = العروض والأخبار
section-utility = الطلبات والإشعارات
section-authentication = رموز الأمان
section-service = المحادثات
whole-marketing = كل العروض والأخبار
whole-marketing-note = ومعها ما نضيفه لاحقًا. عند الإيقاف لا يصلك شيء من هذه القائمة.
whole-utility = كل الطلبات والإشعارات
whole-utility-note = عما اشتريته أو حجزته أو طلبته.
whole-authentication = كل رموز الأمان
whole-authentication-note = رموز لتسجيل الدخول أو لتأكيد أمر ما.
whole-service = كل المحادثات
whole-service-note = ردود على ما تكتبه إلينا.
channels-heading = كيف يمكن أن تصلك العروض
channel-whatsapp = واتساب
channel-sms = رسالة نصية (SMS)
channel-email = البريد الإلكتروني

on = مفعّل
off = متوقف
agreed = وافقت في { $date } ({ $how }).
no-need = مفعّل إلى أن توقفه.
refused = أوقفته في { $date } ({ $how }).
pending = سألناك في { $date }. لا يصلك شيء قبل أن توافق.
expired = وافقت في { $date }. انتهت مدة موافقتك، فلا يصلك شيء.
unasked = لم توافق على هذا، فلا يصلك شيء.
save = حفظ
again-link = كيف أفعّله

how-web-form = نموذج على الويب
how-api = سجّلناه نحن
how-import = منقول من سجلاتنا
how-staff = سجّله موظفونا
how-keyword = رسالتك
how-button = زر في المحادثة
how-wording = رسالتك
how-review = رسالتك
how-preference-page = هذه الصفحة
how-erasure = حُذفت من سجلاتنا
how-inherited = منقول من رقم سابق
how-email-link = رابط في رسالة بريد إلكتروني
how-other = { $source }

stop-heading = إيقاف كل شيء
stop-note = لا عروض ولا إشعارات طلبات ولا رموز: لا رسائل من أي نوع. إذا كتبت إلينا بنفسك لاحقًا فقد نرد عليك.
stop-button = إيقاف كل الرسائل

meta-heading = المفتاح الموجود في واتساب نفسه
meta-on = بحسب ما أخبرنا به واتساب، مفتاح «العروض والإعلانات» مفعّل لـ { $business }.
meta-off = أوقفت «العروض والإعلانات» من { $business } في واتساب في { $date }. ما دام متوقفًا لا تصلك عروض، مهما كان ما هو مكتوب أعلاه.
meta-note = هذا المفتاح تابع لواتساب. أنت وحدك من يستطيع تغييره، لا نحن:
meta-step-chat = في واتساب، افتح المحادثة مع { $business }.
meta-step-name = انقر الاسم في الأعلى.
meta-step-switch = في «العروض والإعلانات» اختر ما تريد.

again-heading = إعادة تفعيل شيء ما
again-note = هذه الصفحة وحدها تستطيع الإيقاف فقط: فقد يقع الرابط في يد غيرك. لتفعيل شيء ما، أثبت لنا أنك أنت.
again-start = في واتساب، أرسل إلينا كلمة START. تعيد إليك ما أوقفته برسالة أو في هذه الصفحة.
again-start-button = إرسال START في واتساب
again-code = أو اطلب رمزًا في الأسفل. به يمكنك أيضًا تفعيل أشياء بعينها هنا.

history-heading = سجلّك
history-note = كل ما وافقت عليه وما رفضته، لتراه وتحتفظ به. وكي لا يراه غيرك، نرسل أولًا رمزًا إلى واتساب لديك.
code-send = أرسلوا إليّ رمزًا
code-closed = لا يسمح لنا واتساب بإرسال رمز إليك إلا خلال 24 ساعة بعد أن تكتب إلينا. أرسل إلينا أي رسالة ثم عد إلى هنا.
code-write = اكتب إلينا في واتساب
code-sent = أرسلنا رمزًا إلى واتساب لديك. يصلح لمدة 10 دقائق.
code-label = الأرقام الستة للرمز
code-open = عرض سجلّي
code-wrong = ليس هذا هو الرمز. تحقق منه مرة أخرى.
code-late = استُخدم هذا الرمز أو انتهت مدته. اطلب رمزًا جديدًا.
code-wait = أُرسل إليك رمز قبل قليل. انتظر دقيقة قبل أن تطلب غيره.
code-enough = وصلك كل ما نرسله من رموز في اليوم. حاول مرة أخرى غدًا.
code-failed = تعذّر إرسال الرمز. حاول لاحقًا.
code-message = رمز صفحتك لدى { $business }: { $code }. يصلح لمدة 10 دقائق. لن نطلبه منك أبدًا. إذا لم تطلب رمزًا فلا حاجة إلى أن تفعل شيئًا.

open-heading = سجلّك
open-note = أثبتّ لنا أنك أنت. خلال 15 دقيقة يمكنك أيضًا تفعيل أشياء هنا.
open-events = ما وافقت عليه وما رفضته
open-none = لم يُسجَّل شيء بعد.
open-receipt = رقم الإيصال
open-shown = ما عُرض عليك: «{ $wording }»
event-opt-in = وافقت
event-opt-out = رفضت
event-opt-in-requested = سألناك
event-platform-stop = أوقفت العروض في واتساب
event-platform-resume = فعّلت العروض في واتساب
event-hold = أوقفنا الرسائل مؤقتًا
event-release = انتهى الإيقاف المؤقت
event-retract = صحّحنا قيدًا سابقًا
event-other = قيد آخر
event-all = كل شيء
proof-late = انتهى الوقت الذي يمكنك فيه التفعيل هنا. اطلب رمزًا جديدًا.

## روابط لا تفتح شيئًا

late-heading = انتهت مدة هذا الرابط
late-note = لم يعد يعرض شيئًا، لكنه ما زال يستطيع إيقاف رسائلنا. للحصول على رابط جديد اكتب إلينا.
late-offers = إيقاف العروض والأخبار
late-done = تم. يسري من الآن.
gone-heading = هذا الرابط لا يعمل
gone-note = ربما ينقصه جزء، أو حلّ محله رابط أحدث. لكي لا تصلك رسائل، أجب بكلمة STOP عن أي رسالة منا.
trouble-heading = لم ينجح ذلك
trouble-note = حدث خطأ من جانبنا ولم يتغير شيء. حاول مرة أخرى بعد لحظات. لكي لا تصلك رسائل يمكنك أيضًا أن تجيب بكلمة STOP عن أي رسالة منا.
foreign-heading = لم يأت ذلك من هذه الصفحة
foreign-note = حاول موقع آخر إرسال شيء باسمك. لم يتغير شيء. افتح الرابط من رسالتنا مرة أخرى.

## سؤال الرسالة وصفحته

letter-question-subject = يرجى التأكيد: رسائل بريدية من { $business }
letter-question-intro = في { $date } أعطى شخص ما هذا العنوان إلى { $business }، وهو أنت على الأرجح، في هذه الصفحة:
letter-shown = عُرضت هناك هذه الكلمات:
letter-question-yes = إذا كنت أنت ووافقت، فافتح هذه الصفحة وقل نعم فيها. فتحها وحده لا يغيّر شيئًا:
letter-question-until = يعمل الرابط حتى { $date }.
letter-question-no = إذا لم تكن أنت فلا يلزمك فعل شيء: من دون موافقتك لن يصلك شيء. ويمكنك في الصفحة نفسها أن تطلب ألا نكتب أبدًا إلى هذا العنوان.
letter-receipt-subject = ما وافقت عليه: رسائل بريدية من { $business }
letter-receipt-intro = في { $date } وافقت على تلقي رسائل بريدية من { $business }. أعطيت عنوانك في هذه الصفحة:
letter-receipt-number = رقم الإيصال:
letter-receipt-change = هنا ترى ما يصلك ويمكنك إيقافه في أي وقت:

confirm-title = يرجى التأكيد · { $business }
confirm-heading = رسائل بريدية من { $business }: هل توافق؟
confirm-intro = أعطانا شخص ما عنوان بريدك الإلكتروني، وهو أنت على الأرجح. لن يصلك شيء قبل أن تقول نعم هنا.
confirm-shown = هذا ما عُرض
confirm-yes = نعم، أوافق
confirm-no-heading = ألم تكن أنت؟
confirm-no-note = إذن لا يلزمك فعل شيء. وإن أردت التأكد فلن نكتب إلى عنوان بريدك بعد الآن أبدًا.
confirm-no = لم أكن أنا: لا تكتبوا إليّ أبدًا
confirm-agreed-heading = شكرًا، تم تسجيل ذلك
confirm-agreed-note = وافقت على تلقي رسائل بريدية من { $business }. الإيصال في طريقه إليك. يمكنك إيقافها في أي وقت.
confirm-refused-heading = تم
confirm-refused-note = لم تعد { $business } تكتب إلى عنوان بريدك الإلكتروني. يسري من الآن.
confirm-own-page = عرض خياراتك

languages = اللغة
privacy = الخصوصية

date = { $day } { $month ->
    [1] يناير
    [2] فبراير
    [3] مارس
    [4] أبريل
    [5] مايو
    [6] يونيو
    [7] يوليو
    [8] أغسطس
    [9] سبتمبر
    [10] أكتوبر
    [11] نوفمبر
   *[12] ديسمبر
} { $year }
