//! How a template offers the way out, in each language: a button, or a line below the text. What we write ourselves we understand,
//! whatever the lists of a policy say; the line names the one word that no policy takes away.

/// The way out in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WayOut {
    /// The language, as in `en`.
    pub language: &'static str,
    /// What stands on the button, at most 25 characters.
    pub button: &'static str,
    /// The line below the text, at most 60 characters.
    pub footer: &'static str,
}

/// Every language that has words of its own, the one for all others first.
#[rustfmt::skip]
pub const WAYS_OUT: [WayOut; 12] = [
    WayOut { language: "en", button: "Stop promotions", footer: "Reply STOP to get no more offers." },
    WayOut { language: "es", button: "Detener promociones", footer: "Responde STOP para no recibir más ofertas." },
    WayOut { language: "pt", button: "Parar promoções", footer: "Responda STOP para não receber mais ofertas." },
    WayOut { language: "fr", button: "Arrêter les promotions", footer: "Répondez STOP pour ne plus recevoir d’offres." },
    WayOut { language: "de", button: "Werbung stoppen", footer: "Mit STOP antworten, um keine Angebote mehr zu erhalten." },
    WayOut { language: "it", button: "Ferma promozioni", footer: "Rispondi STOP per non ricevere più offerte." },
    WayOut { language: "nl", button: "Stop aanbiedingen", footer: "Antwoord STOP om geen aanbiedingen meer te krijgen." },
    WayOut { language: "pl", button: "Zatrzymaj promocje", footer: "Odpisz STOP, aby nie dostawać więcej ofert." },
    WayOut { language: "tr", button: "Kampanyaları durdur", footer: "Kampanya almamak için STOP yazın." },
    WayOut { language: "id", button: "Hentikan promosi", footer: "Balas STOP untuk berhenti menerima promosi." },
    WayOut { language: "hi", button: "ऑफ़र बंद करें", footer: "ऑफ़र बंद करने के लिए STOP लिखें।" },
    WayOut { language: "ar", button: "إيقاف العروض", footer: "أرسل STOP لإيقاف العروض." },
];

/// The way out in the language of a template, as in `pt_BR`; in English where there are no words for it.
#[must_use]
pub fn way_out(language: &str) -> &'static WayOut {
    const ENGLISH: &WayOut = &WAYS_OUT[0];
    let code = language.split(['_', '-']).next().unwrap_or_default();
    WAYS_OUT
        .iter()
        .find(|way| way.language == code)
        .unwrap_or(ENGLISH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::{Reading, Setting, keywords::Keywords};

    #[test]
    fn whoever_takes_the_way_out_that_we_offer_is_out() {
        let mut keywords = Keywords::default();
        keywords.stop_buttons.clear();
        for way in WAYS_OUT {
            let read = keywords.read_button("", way.button);
            assert!(matches!(read, Reading::Stop(_)), "{way:?}: {read:?}");
            let read = keywords.read_button(way.button, way.button);
            assert!(matches!(read, Reading::Stop(_)), "{way:?}: {read:?}");
            assert!(way.footer.contains("STOP"), "{way:?}");
            let read = keywords.read("STOP", Setting::Alone);
            assert!(matches!(read, Reading::Stop(_)), "{read:?}");
        }
    }

    #[test]
    fn the_words_fit_where_meta_puts_them() {
        for way in WAYS_OUT {
            assert!(way.button.chars().count() <= 25, "{way:?}");
            assert!(way.footer.chars().count() <= 60, "{way:?}");
        }
        assert_eq!(way_out("pt_BR").language, "pt");
        assert_eq!(way_out("sw").language, "en");
    }
}
