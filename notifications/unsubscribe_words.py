"""What recipients read about unsubscribing, in eleven languages: below the mail and on the page. Pure.

In the words of the page ``{address}`` and ``{sender}`` stand for themselves.
"""

import re
from dataclasses import dataclass

DEFAULT = "en"
_TRADITIONAL = re.compile(r"zh(-[a-z]+)*-(hant|tw|hk|mo)(-|$)")


@dataclass(frozen=True, slots=True)
class Words:
    #: Below the mail, before the link.
    question: str
    #: The link, the button and the title of the page.
    unsubscribe: str
    #: What the button will do.
    promise: str
    unsubscribed: str
    #: After the button.
    done: str
    subscribe_again: str
    subscribed: str
    #: After that button.
    undone: str
    bad_link: str
    #: What to do about it.
    advice: str


WORDS: dict[str, Words] = {
    "en": Words(
        question="Don't want mail like this any more?",
        unsubscribe="Unsubscribe",
        promise="{address} will get no more mail of this kind from {sender}.",
        unsubscribed="You are unsubscribed",
        done="{address} gets no more mail of this kind from {sender}.",
        subscribe_again="Subscribe again",
        subscribed="You are subscribed again",
        undone="{address} gets mail of this kind from {sender} again.",
        bad_link="This link does not work",
        advice="Part of it may be missing. Please copy the whole link from the mail and try again.",
    ),
    "zh-CN": Words(
        question="不想再收到此类邮件？",
        unsubscribe="退订",
        promise="{address} 将不再收到来自 {sender} 的此类邮件。",
        unsubscribed="您已退订",
        done="{address} 不会再收到来自 {sender} 的此类邮件。",
        subscribe_again="重新订阅",
        subscribed="您已重新订阅",
        undone="{address} 将再次收到来自 {sender} 的此类邮件。",
        bad_link="此链接无效",
        advice="链接可能不完整。请从邮件中复制完整的链接后重试。",
    ),
    "zh-TW": Words(
        question="不想再收到這類郵件？",
        unsubscribe="取消訂閱",
        promise="{address} 將不再收到來自 {sender} 的這類郵件。",
        unsubscribed="您已取消訂閱",
        done="{address} 不會再收到來自 {sender} 的這類郵件。",
        subscribe_again="重新訂閱",
        subscribed="您已重新訂閱",
        undone="{address} 將再次收到來自 {sender} 的這類郵件。",
        bad_link="此連結無效",
        advice="連結可能不完整。請從郵件中複製完整的連結後再試一次。",
    ),
    "es": Words(
        question="¿No quiere recibir más correos como este?",
        unsubscribe="Cancelar la suscripción",
        promise="{address} no recibirá más correos de este tipo de {sender}.",
        unsubscribed="Ha cancelado la suscripción",
        done="{address} ya no recibe correos de este tipo de {sender}.",
        subscribe_again="Volver a suscribirse",
        subscribed="Se ha vuelto a suscribir",
        undone="{address} recibirá de nuevo correos de este tipo de {sender}.",
        bad_link="Este enlace no funciona",
        advice="Puede que falte una parte. Copie el enlace completo del correo e inténtelo de nuevo.",
    ),
    "fr": Words(
        question="Vous ne souhaitez plus recevoir ce type d’e-mails ?",
        unsubscribe="Se désabonner",
        promise="{address} ne recevra plus d’e-mails de ce type de la part de {sender}.",
        unsubscribed="Vous êtes désabonné(e)",
        done="{address} ne reçoit plus d’e-mails de ce type de la part de {sender}.",
        subscribe_again="Se réabonner",
        subscribed="Vous êtes de nouveau abonné(e)",
        undone="{address} recevra de nouveau des e-mails de ce type de la part de {sender}.",
        bad_link="Ce lien ne fonctionne pas",
        advice="Il est peut-être incomplet. Copiez le lien entier depuis l’e-mail et réessayez.",
    ),
    "de": Words(
        question="Möchten Sie solche E-Mails nicht mehr erhalten?",
        unsubscribe="Abbestellen",
        promise="{address} erhält dann keine E-Mails dieser Art mehr von {sender}.",
        unsubscribed="Sie haben abbestellt",
        done="{address} erhält keine E-Mails dieser Art mehr von {sender}.",
        subscribe_again="Wieder bestellen",
        subscribed="Sie haben wieder bestellt",
        undone="{address} erhält wieder E-Mails dieser Art von {sender}.",
        bad_link="Dieser Link funktioniert nicht",
        advice="Vielleicht fehlt ein Teil davon. Bitte kopieren Sie den ganzen Link aus der E-Mail.",
    ),
    "ja": Words(
        question="このようなメールの受信を停止しますか？",
        unsubscribe="配信停止",
        promise="{address} には、{sender} からこの種類のメールが届かなくなります。",
        unsubscribed="配信を停止しました",
        done="{address} に {sender} からこの種類のメールが届くことはありません。",
        subscribe_again="配信を再開する",
        subscribed="配信を再開しました",
        undone="{address} に {sender} からこの種類のメールが再び届きます。",
        bad_link="このリンクは無効です",
        advice="リンクの一部が欠けている可能性があります。メールからリンク全体をコピーして、もう一度お試しください。",
    ),
    "ko": Words(
        question="이런 메일을 더 이상 받고 싶지 않으신가요?",
        unsubscribe="수신 거부",
        promise="{address} 주소로 {sender}의 이런 메일이 더 이상 발송되지 않습니다.",
        unsubscribed="수신 거부되었습니다",
        done="{address} 주소로는 {sender}의 이런 메일이 더 이상 발송되지 않습니다.",
        subscribe_again="다시 수신",
        subscribed="다시 수신합니다",
        undone="{address} 주소로 {sender}의 이런 메일이 다시 발송됩니다.",
        bad_link="사용할 수 없는 링크입니다",
        advice="링크의 일부가 누락되었을 수 있습니다. 메일에서 링크 전체를 복사하여 다시 시도해 주세요.",
    ),
    "ar": Words(
        question="ألا ترغب في تلقي رسائل كهذه بعد الآن؟",
        unsubscribe="إلغاء الاشتراك",
        promise="لن يتلقى {address} رسائل من هذا النوع من {sender} بعد الآن.",
        unsubscribed="تم إلغاء اشتراكك",
        done="لم يعد {address} يتلقى رسائل من هذا النوع من {sender}.",
        subscribe_again="الاشتراك من جديد",
        subscribed="تم تجديد اشتراكك",
        undone="سيتلقى {address} رسائل من هذا النوع من {sender} من جديد.",
        bad_link="هذا الرابط لا يعمل",
        advice="قد يكون جزء منه مفقودًا. يرجى نسخ الرابط كاملًا من الرسالة والمحاولة مرة أخرى.",
    ),
    "th": Words(
        question="ไม่ต้องการรับอีเมลแบบนี้อีกใช่ไหม",
        unsubscribe="ยกเลิกการรับอีเมล",
        promise="{address} จะไม่ได้รับอีเมลประเภทนี้จาก {sender} อีก",
        unsubscribed="ยกเลิกการรับอีเมลแล้ว",
        done="{address} ไม่ได้รับอีเมลประเภทนี้จาก {sender} อีกต่อไป",
        subscribe_again="รับอีเมลอีกครั้ง",
        subscribed="กลับมารับอีเมลแล้ว",
        undone="{address} จะได้รับอีเมลประเภทนี้จาก {sender} อีกครั้ง",
        bad_link="ลิงก์นี้ใช้ไม่ได้",
        advice="บางส่วนของลิงก์อาจหายไป โปรดคัดลอกลิงก์ทั้งหมดจากอีเมลแล้วลองอีกครั้ง",
    ),
    "id": Words(
        question="Tidak ingin menerima email seperti ini lagi?",
        unsubscribe="Berhenti berlangganan",
        promise="{address} tidak akan menerima email jenis ini lagi dari {sender}.",
        unsubscribed="Anda telah berhenti berlangganan",
        done="{address} tidak lagi menerima email jenis ini dari {sender}.",
        subscribe_again="Berlangganan lagi",
        subscribed="Anda berlangganan lagi",
        undone="{address} akan kembali menerima email jenis ini dari {sender}.",
        bad_link="Tautan ini tidak berfungsi",
        advice="Mungkin ada bagian yang hilang. Salin seluruh tautan dari email, lalu coba lagi.",
    ),
}
_BY_TAG = {language.lower(): language for language in WORDS} | {"zh": "zh-CN"}


def find_language(tag: str) -> str | None:
    """The language of ours that a tag (zh_CN, zh-Hant-HK, de-AT) means; None when we do not speak it."""
    wanted = tag.strip().replace("_", "-").lower()
    if _TRADITIONAL.match(wanted):
        return "zh-TW"
    return _BY_TAG.get(wanted) or _BY_TAG.get(wanted.partition("-")[0])


def direction(language: str) -> str:
    """For HTML's ``dir``."""
    return "rtl" if language == "ar" else "ltr"
