//! The forty example bodies: signed by the example secret, and read the same way for ever.

use bytes::Bytes;
use graph::{
    callback::restore_callbacks,
    fault::Fault,
    message::{self, Endpoint},
    outcome::Outcome,
    signature::{AppSecret, sign, verify},
    webhook,
};

macro_rules! golden {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../golden/", $name, ".json")))
    };
}

/// Name, body, and signature with `example-app-secret`.
#[rustfmt::skip]
const WEBHOOKS: [((&str, &[u8]), &str); 37] = [
    (golden!("01_text_stop"), "08e6815a6803c6039b2e3fc8ab3b60a505571fe0d323a154c2bd1bb0ee011af6"),
    (golden!("02_text_free_wording_optout_no_phone"), "4f967a8c32a65f8f0d018d22af802234ba9ce028853bb79a1fb40f796a72bd6b"),
    (golden!("03_text_start"), "21743a6975c0a73fb24f8b8160a4f7d53b7757b3238541bddf49bd3bf2df9f62"),
    (golden!("04_text_ctwa_referral"), "56436de8625f4b7d672c765f8d9ff2c588d310abf7a3a477c0a4b19fbec89f58"),
    (golden!("05_button_quick_reply_stop_promotions"), "dbeebfef7fde365a4fc51889e9bb975b4d0b770bc2d541ba58c035d83bb0fdb5"),
    (golden!("06_button_quick_reply_custom_payload"), "c503ab1176fe140c84accf645fa04ec544226c5377f8d19df86e7a365cc2a4af"),
    (golden!("07_interactive_button_reply"), "b7bfa7cb321e3ceff5f614f83966e2f80369400de25ab62f6ff8e6fe41b2ec32"),
    (golden!("08_interactive_list_reply"), "69836ebf90f23f6c9de1800609446e0877d0ea04a03ecfccf48a22a02723ae73"),
    (golden!("09_interactive_nfm_reply_flow"), "f202296749c516d7b3925c6260e7ea825f0bbf3aad9b8a7f3c3e4ac28387eac2"),
    (golden!("10_reaction"), "9472cdbc8c49da830ee8ef571552f0876ed7fc06eff5b4b7ac5c6dae0f1751a6"),
    (golden!("11_reaction_removed"), "8959df63ce53d89640d5c3bb79c9a19d8bf9471118b600852ec98342a9e80e8a"),
    (golden!("12_image_caption_stop"), "4ffd6dd7cba2e5f31e70feb273595f11b49b873b853bd4193aff5dc63d1dc7e2"),
    (golden!("13_order"), "88fbf97e2efd064ecded214b983f8a9f601f7c552117b8bacfa7adfc9e0ec06c"),
    (golden!("14_unsupported"), "e194cbaf4826add021148d63364f26ce9082905aefbd78c32fe7ea4386033f3c"),
    (golden!("15_edit_coexistence"), "f4c4521a340a396bb220ce7dc10c5eb46ec93bdc64d2a8b86727eb1a01d62c80"),
    (golden!("16_revoke_coexistence"), "113e4ce3af648f374e20321402dabb747f04a987a6b03bb36888d353eed2f6ca"),
    (golden!("17_contacts_shared_by_request"), "d4db9d9170a986d83459b0d8d64ddaa75bca01981937ba51d3d305f96efe848b"),
    (golden!("18_system_user_changed_number"), "613e474efb38255a05b6d57ef188ce528511cbc3c1b63054e3cb4b34e1288469"),
    (golden!("19_system_user_changed_user_id"), "3047644f30c52a3dc9e135f4d90178dbe83f01ee876f3bbb0b24b98f2b1ec58a"),
    (golden!("20_legacy_user_id_update_field"), "9129ffe307e898d66aa3dfd76472d70d03e4ac9f4f4a723fef679ba62fcbbd7f"),
    (golden!("21_status_sent_priced"), "ac433ce07dc733632112ee2fa243f737c93cb00a3c79209800c52a0e2981bb3c"),
    (golden!("22_status_delivered_to_bsuid"), "4497349f88b2a3e57956a5ec6e16bfbea047881af95e61303cf5447fc44204a5"),
    (golden!("23_status_read"), "b8be14dc934897f406650f849f953abba0d188c91231fd53526982bc1fbce02f"),
    (golden!("24_status_failed_131050_sent_to_phone"), "51151f22db4cae0aad96f82730db465f0cb22f0bd2969841bf4a16bf49b7aba7"),
    (golden!("25_status_failed_131049_sent_to_bsuid"), "28ae58b5cf3af340361a4e4dae605ffc68e47d6ff88f335f73560b9bd3a901c3"),
    (golden!("26_status_failed_137000_identity_changed"), "3a0ffdd977e72e024eab8c9b7b021856265818be9f314f38e77d55d826eda091"),
    (golden!("27_value_errors_130429"), "66f24224daf6aaf6d4e31c4e967c1cb9b73dc29c6f6d3ded12f0cd22dbce0d17"),
    (golden!("28_user_preferences_stop"), "f88c7b577603a29292ca95e21c857f9c7cf07aa5d85a1a1c4fa99860a3ec3aea"),
    (golden!("29_user_preferences_resume_no_phone"), "63eac24487a668e69a4e87632966c3262201bb158bcb51c31d771b88c67ffd23"),
    (golden!("30_batch_mixed_two_wabas"), "13572b3eac531c8a761a35a666a7971e3705e8065f8f5e4f95c6c59aba4e5cb5"),
    (golden!("31_template_status_paused"), "f824155cab34bb42354cff8e5609d9c1d6efeb78c1e4b2d1b0d4380f654c4e42"),
    (golden!("32_template_category_impending"), "0650e884732ee59ff4e131feb574750fbd9dc64a433317157532b555fc3e041b"),
    (golden!("33_template_category_completed"), "d72213a39c7682e6f9deb7bdc67f7c731b41cb902ceed0f78eeae6df95c4fc5c"),
    (golden!("34_template_quality_update"), "dfdac892384dbf4b549a65ebcc5a061dae29aaa360573cb2722995ebdddb6f2e"),
    (golden!("35_phone_number_quality_update"), "630063e07b97f9b72fc058c3b0d78f2b0a606a33953c36b7d6669ad70cf59720"),
    (golden!("36_account_update_restriction"), "dc4022c251ec23589156edd1f2244a21763219ea512550c22968b2a101929109"),
    (golden!("37_smb_message_echo"), "69d63685da035c18fbacddcc9910b1a8f9b83efbdcd5e0becf27c4f580761ea0"),
];

#[test]
fn every_example_is_signed_by_the_example_secret() {
    let secret = AppSecret::new("example-app-secret").unwrap();
    for ((name, body), hex) in WEBHOOKS {
        let header = format!("sha256={hex}");
        assert_eq!(sign(&secret, body), header, "{name}");
        let secrets = [AppSecret::new("older").unwrap(), secret.clone()];
        assert_eq!(
            verify(&secrets, Some(header.as_bytes()), body),
            Ok(()),
            "{name}"
        );
        let longer = [body, b" ".as_slice()].concat();
        assert!(
            verify(&secrets, Some(header.as_bytes()), &longer).is_err(),
            "{name}"
        );
    }
}

#[test]
fn every_example_is_read_as_it_always_was() {
    for ((name, body), _) in WEBHOOKS {
        let delivery = webhook::read(body).unwrap();
        assert!(
            delivery.bad.is_empty() && delivery.unknown.is_empty(),
            "{name}: {delivery:?}"
        );
        assert!(!delivery.items.is_empty(), "{name}");
        insta::assert_debug_snapshot!(name, delivery.items);
    }
}

#[test]
fn bodies_of_the_api_are_read_as_they_always_were() {
    let request = include_bytes!("../golden/38_send_request_template.json");
    insta::assert_debug_snapshot!(
        "38_send_request_template",
        message::read(request, Endpoint::Messages, None).unwrap()
    );
    let response = Bytes::from_static(include_bytes!("../golden/39_send_response_accepted.json"));
    insta::assert_debug_snapshot!("39_send_response_accepted", Outcome::of(200, response));
    let error = include_bytes!("../golden/40_graph_error.json");
    insta::assert_debug_snapshot!("40_graph_error", Fault::read(error).unwrap());
}

#[test]
fn only_statuses_that_carry_our_id_are_rewritten() {
    let theirs = |ours: &str| (ours == "send:01JCEXAMPLE").then(|| Some("mine".to_owned()));
    for ((name, body), _) in WEBHOOKS {
        let restored = restore_callbacks(body, theirs);
        assert_eq!(restored.is_some(), name.starts_with("21_"), "{name}");
        if let Some(restored) = restored {
            let want = String::from_utf8_lossy(body).replace("send:01JCEXAMPLE", "mine");
            assert_eq!(String::from_utf8_lossy(&restored), want);
        }
    }
}
