//! Who is who: new ids for known people, numbers that change hands, inherited refusals.
