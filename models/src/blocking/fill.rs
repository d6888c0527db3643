//! What the prompt leaves open: the planner decides, by seed and good sense, and never overrides a wish.

use kinora_protocol::shot::{
    Action, Angle, Camera, Colour, Count, Framing, Mood, Music, Partner, Place, Scene, Shot, Size, Speed,
    Style, Subject, Time, Weather,
};

use super::Dice;

/// Decides every axis that `shot` leaves open. The same shot and seed give the same scene.
#[must_use]
pub fn fill(shot: &Shot, seed: u64) -> Scene {
    let mut dice = Dice::new(seed, 0);
    // Every axis draws, asked or not, so that naming one axis never changes what another one gets.
    let subject_drawn = pick(&mut dice, Subject::ALL);
    let colour_drawn = pick(&mut dice, Colour::ALL);
    let place_drawn = pick(&mut dice, Place::ALL);
    let partner_drawn = pick(&mut dice, Colour::ALL);
    let subject = shot.subject.unwrap_or_else(|| subject_for(shot.place, shot.action, subject_drawn));
    let action = shot.action.unwrap_or_else(|| usual_action(subject, shot.place));
    Scene {
        subject,
        colour: shot.colour.unwrap_or_else(|| usual_colour(subject, colour_drawn)),
        action,
        place: shot.place.unwrap_or_else(|| usual_place(subject, action, place_drawn)),
        time: shot.time.unwrap_or(Time::Day),
        weather: shot.weather.unwrap_or(Weather::Clear),
        framing: shot.framing.unwrap_or(Framing::Medium),
        camera: shot.camera.unwrap_or(Camera::Static),
        speed: shot.speed.unwrap_or(Speed::Normal),
        style: shot.style.unwrap_or(Style::Plain),
        mood: shot.mood.unwrap_or(Mood::Calm),
        // A mood or a wish for music brings music; otherwise the scene has only its own sounds.
        music: shot.music.unwrap_or(if shot.mood.is_some() { Music::On } else { Music::Off }),
        angle: shot.angle.unwrap_or(Angle::EyeLevel),
        size: shot.size.unwrap_or(Size::Normal),
        // A partner and a crowd do not fit on one small stage.
        count: if shot.partner.is_some() { Count::One } else { shot.count.unwrap_or(Count::One) },
        partner: shot.partner.map(|p| Partner {
            relation: p.relation,
            subject: p.subject,
            colour: p.colour.unwrap_or_else(|| usual_colour(p.subject, partner_drawn)),
        }),
    }
}

fn pick<T: Copy>(dice: &mut Dice, all: &[T]) -> T {
    all[dice.index(all.len())]
}

/// A subject that suits what was asked.
fn subject_for(place: Option<Place>, action: Option<Action>, drawn: Subject) -> Subject {
    match (action, place) {
        (Some(Action::Swims), _) | (_, Some(Place::Underwater)) => Subject::Fish,
        (Some(Action::Drives), _) => Subject::Car,
        (Some(Action::Flies) | None, Some(Place::Space)) => Subject::Rocket,
        (Some(Action::Flies), _) => Subject::Bird,
        (Some(Action::Bounces), _) => Subject::Ball,
        (Some(Action::Dances), _) => Subject::Person,
        _ => drawn,
    }
}

/// The colour people expect, or the drawn one where there is none.
const fn usual_colour(subject: Subject, drawn: Colour) -> Colour {
    match subject {
        Subject::Fox => Colour::Orange,
        Subject::Tree => Colour::Green,
        Subject::Horse | Subject::Dog => Colour::Brown,
        _ => drawn,
    }
}

/// What the subject does when nobody says.
const fn usual_action(subject: Subject, place: Option<Place>) -> Action {
    match subject {
        Subject::Ball => Action::Bounces,
        Subject::Cat | Subject::Dog | Subject::Fox | Subject::Horse | Subject::Person | Subject::Robot => {
            Action::Runs
        }
        Subject::Car | Subject::Train => Action::Drives,
        Subject::Boat | Subject::Balloon => Action::Floats,
        Subject::Bird | Subject::Butterfly | Subject::Rocket => Action::Flies,
        Subject::Fish => match place {
            None | Some(Place::Underwater) => Action::Swims,
            Some(_) => Action::Bounces,
        },
        Subject::Tree => Action::Stands,
    }
}

/// Where it is when nobody says.
const fn usual_place(subject: Subject, action: Action, drawn: Place) -> Place {
    match (subject, action) {
        (Subject::Fish, _) | (_, Action::Swims) => Place::Underwater,
        (Subject::Rocket, _) => Place::Space,
        (Subject::Boat, _) => Place::Beach,
        (Subject::Car, _) => Place::City,
        (Subject::Train, _) => Place::Mountains,
        (Subject::Horse | Subject::Butterfly, _) => Place::Meadow,
        (Subject::Fox | Subject::Tree, _) => Place::Forest,
        _ => drawn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_never_overridden() {
        let asked =
            Shot::parse("a blue fish runs in space at night, noir, tense, no music, zoom out").unwrap().shot;
        for seed in 0..50 {
            let scene = fill(&asked, seed);
            assert_eq!(
                (scene.subject, scene.colour, scene.action),
                (Subject::Fish, Colour::Blue, Action::Runs)
            );
            assert_eq!((scene.place, scene.time, scene.style), (Place::Space, Time::Night, Style::Noir));
            assert_eq!((scene.mood, scene.music, scene.camera), (Mood::Tense, Music::Off, Camera::ZoomOut));
        }
    }

    #[test]
    fn naming_one_axis_leaves_the_others_as_drawn() {
        let plain = fill(&Shot::default(), 3);
        let styled = fill(&Shot { style: Some(Style::Neon), ..Shot::default() }, 3);
        assert_eq!(Scene { style: Style::Plain, ..styled }, plain);
    }
}
