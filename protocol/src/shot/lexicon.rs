//! The words people use for the vocabulary: every phrase that sets an axis.
//!
//! A row is one word of the vocabulary and its phrases, separated by `|`, lower case, words separated by one space
//! (hyphens count as spaces). Longer phrases win over shorter ones. British and American spellings both stand here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::vocabulary::{
    Action, Camera, Colour, Framing, Mood, Music, Place, Speed, Style, Subject, Time, Weather,
};

/// One word of one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Subject(Subject),
    Colour(Colour),
    Action(Action),
    Place(Place),
    Time(Time),
    Weather(Weather),
    Framing(Framing),
    Camera(Camera),
    Speed(Speed),
    Style(Style),
    Mood(Mood),
    Music(Music),
}

impl Word {
    /// Name of the axis and stable name of the word.
    pub(super) const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Subject(w) => ("subject", w.as_str()),
            Self::Colour(w) => ("colour", w.as_str()),
            Self::Action(w) => ("action", w.as_str()),
            Self::Place(w) => ("place", w.as_str()),
            Self::Time(w) => ("time", w.as_str()),
            Self::Weather(w) => ("weather", w.as_str()),
            Self::Framing(w) => ("framing", w.as_str()),
            Self::Camera(w) => ("camera", w.as_str()),
            Self::Speed(w) => ("speed", w.as_str()),
            Self::Style(w) => ("style", w.as_str()),
            Self::Mood(w) => ("mood", w.as_str()),
            Self::Music(w) => ("music", w.as_str()),
        }
    }
}

use Word as W;

/// Every phrase, by word of the vocabulary.
const ROWS: &[(Word, &str)] = &[
    (W::Subject(Subject::Ball), "ball|balls|rubber ball|beach ball|football|basketball|sphere"),
    (W::Subject(Subject::Cat), "cat|cats|kitten|kitty|tomcat"),
    (W::Subject(Subject::Dog), "dog|dogs|puppy|hound|terrier|labrador"),
    (W::Subject(Subject::Fox), "fox|foxes|vixen"),
    (W::Subject(Subject::Car), "car|cars|automobile|sedan|taxi|race car|racing car|sports car"),
    (W::Subject(Subject::Boat), "boat|boats|sailboat|sailing boat|ship|yacht"),
    (W::Subject(Subject::Bird), "bird|birds|sparrow|songbird|robin|seagull|gull"),
    (W::Subject(Subject::Fish), "fish|fishes|goldfish|trout|salmon"),
    (W::Subject(Subject::Rocket), "rocket|rockets|spaceship|rocketship|rocket ship|space ship|spacecraft"),
    (W::Subject(Subject::Robot), "robot|robots|android|droid"),
    (
        W::Subject(Subject::Person),
        "person|people|man|woman|boy|girl|human|someone|child|kid|runner|dancer|guy|lady",
    ),
    (W::Subject(Subject::Tree), "tree|trees|oak|oak tree|pine tree"),
    (W::Subject(Subject::Horse), "horse|horses|pony|mare|stallion|foal"),
    (W::Subject(Subject::Train), "train|trains|locomotive|steam train|steam engine"),
    (W::Subject(Subject::Balloon), "balloon|balloons|hot air balloon"),
    (W::Subject(Subject::Butterfly), "butterfly|butterflies|moth"),
    (W::Colour(Colour::Red), "red|crimson|scarlet|ruby"),
    (W::Colour(Colour::Orange), "orange|amber|ginger"),
    (W::Colour(Colour::Yellow), "yellow|golden|gold|lemon"),
    (W::Colour(Colour::Green), "green|emerald|lime"),
    (W::Colour(Colour::Blue), "blue|azure|navy|cyan|turquoise|teal"),
    (W::Colour(Colour::Purple), "purple|violet|lilac|lavender"),
    (W::Colour(Colour::White), "white|snow white|ivory"),
    (W::Colour(Colour::Black), "black|jet black|ebony"),
    (W::Colour(Colour::Pink), "pink|rose|magenta"),
    (W::Colour(Colour::Brown), "brown|tan|chestnut|chocolate"),
    (
        W::Action(Action::Stands),
        "stand|stands|standing|stood|sits|sitting|sit|waits|waiting|rests|resting|stays|stands still|still",
    ),
    (
        W::Action(Action::Runs),
        "run|runs|running|ran|sprint|sprints|sprinting|dash|dashes|dashing|gallop|gallops|galloping|walk|walks|\
         walking|jog|jogs|jogging|races|racing|chases|trots|trotting",
    ),
    (
        W::Action(Action::Bounces),
        "bounce|bounces|bouncing|jump|jumps|jumping|hop|hops|hopping|leap|leaps|leaping",
    ),
    (
        W::Action(Action::Flies),
        "fly|flies|flying|flew|soar|soars|soaring|glide|glides|gliding|flutter|flutters|fluttering|takes off",
    ),
    (W::Action(Action::Swims), "swim|swims|swimming|swam|paddles|paddling|dives|diving"),
    (
        W::Action(Action::Spins),
        "spin|spins|spinning|rotate|rotates|rotating|twirl|twirls|twirling|turns around|whirls|whirling",
    ),
    (
        W::Action(Action::Floats),
        "float|floats|floating|hover|hovers|hovering|drift|drifts|drifting|levitates|sails|sailing",
    ),
    (
        W::Action(Action::Drives),
        "drive|drives|driving|drove|cruises|cruising|rides|riding|rolls|rolling|speeds|speeding",
    ),
    (
        W::Action(Action::Explodes),
        "explode|explodes|exploding|explosion|blows up|blowing up|bursts|bursting|detonates",
    ),
    (W::Action(Action::Dances), "dance|dances|dancing|danced|sways|swaying|wiggles|wiggling"),
    (
        W::Place(Place::Beach),
        "beach|beaches|seaside|shore|seashore|coast|by the sea|at the sea|ocean shore|sandy beach",
    ),
    (W::Place(Place::Forest), "forest|forests|wood|woods|woodland|jungle|among the trees"),
    (W::Place(Place::City), "city|cities|town|downtown|street|streets|city street|urban|skyline|road"),
    (
        W::Place(Place::Space),
        "space|outer space|moon surface|on the moon|galaxy|cosmos|among the stars|planet surface",
    ),
    (
        W::Place(Place::Underwater),
        "underwater|under water|under the sea|under the ocean|deep sea|coral reef|reef|deep ocean|in the ocean|\
         in the sea|seabed|in the water",
    ),
    (W::Place(Place::Desert), "desert|deserts|dune|dunes|sand dunes|sahara"),
    (
        W::Place(Place::Snow),
        "snow|snowy|snow field|snowfield|snowy field|arctic|ice|icy|on the ice|snowy landscape|tundra|winter \
         landscape",
    ),
    (
        W::Place(Place::Room),
        "room|indoors|inside|living room|bedroom|kitchen|house|at home|in a house|studio|office|hall",
    ),
    (W::Place(Place::Meadow), "meadow|meadows|field|fields|grass|grassland|lawn|garden|park|prairie|pasture"),
    (
        W::Place(Place::Mountains),
        "mountain|mountains|mountain range|hills|alps|peaks|valley|canyon|cliffs|mountain top",
    ),
    (
        W::Time(Time::Day),
        "day|daytime|by day|daylight|at noon|noon|midday|morning|afternoon|during the day|in daylight",
    ),
    (
        W::Time(Time::Sunset),
        "sunset|at sunset|dusk|at dusk|golden hour|sunrise|dawn|at dawn|evening|twilight|sundown",
    ),
    (
        W::Time(Time::Night),
        "night|at night|by night|midnight|moonlight|moonlit|starry night|nighttime|night time",
    ),
    (W::Weather(Weather::Clear), "clear|clear sky|clear weather|sunny|sunshine|blue sky|cloudless"),
    (
        W::Weather(Weather::Rain),
        "rain|rainy|raining|in the rain|heavy rain|light rain|drizzle|storm|stormy|downpour|rainstorm",
    ),
    (
        W::Weather(Weather::Snowfall),
        "snowfall|snowing|falling snow|snow falling|blizzard|snowflakes|it snows|snowstorm",
    ),
    (W::Weather(Weather::Fog), "fog|foggy|mist|misty|haze|hazy|in the fog"),
    (
        W::Framing(Framing::Wide),
        "wide shot|wide|wide angle|long shot|establishing shot|from afar|far away|extreme wide shot|panorama",
    ),
    (W::Framing(Framing::Medium), "medium shot|mid shot|medium"),
    (
        W::Framing(Framing::Close),
        "close up|closeup|close shot|close|extreme close up|macro|portrait shot|detail shot",
    ),
    (
        W::Camera(Camera::Static),
        "static|static camera|static shot|locked camera|locked off|fixed camera|still camera|tripod|camera still",
    ),
    (
        W::Camera(Camera::PanLeft),
        "pan left|pans left|panning left|camera pans left|slow pan left|pan to the left|pans to the left|left pan|\
         slow pan to the left|camera moves left|camera turns left",
    ),
    (
        W::Camera(Camera::PanRight),
        "pan right|pans right|panning right|camera pans right|slow pan right|pan to the right|right pan|\
         pans to the right|slow pan to the right|camera moves right|camera turns right",
    ),
    (
        W::Camera(Camera::TiltUp),
        "tilt up|tilts up|tilting up|camera tilts up|slow tilt up|pan up|pans up|camera moves up|look up|crane up",
    ),
    (
        W::Camera(Camera::TiltDown),
        "tilt down|tilts down|tilting down|camera tilts down|slow tilt down|pan down|pans down|camera moves down|\
         crane down",
    ),
    (
        W::Camera(Camera::ZoomIn),
        "zoom in|zooms in|zooming in|camera zooms in|slow zoom in|slow zoom|zoom|push in|dolly in|camera moves \
         closer|pushes in|camera pushes in",
    ),
    (
        W::Camera(Camera::ZoomOut),
        "zoom out|zooms out|zooming out|camera zooms out|slow zoom out|pull back|pulls back|dolly out|pull out|\
         camera pulls back|camera moves back",
    ),
    (
        W::Camera(Camera::Handheld),
        "handheld|hand held|handheld camera|hand held camera|shaky|shaky camera|shaky cam|camera shake",
    ),
    (W::Speed(Speed::Normal), "normal speed|real time|normal pace"),
    (W::Speed(Speed::Slow), "slow motion|slow mo|slowmo|in slow motion|slowly|slow"),
    (
        W::Speed(Speed::Fast),
        "fast|quickly|quick|fast motion|rapidly|time lapse|timelapse|sped up|at high speed|high speed",
    ),
    (W::Style(Style::Plain), "plain|realistic|photo|photorealistic|plain style|natural|live action"),
    (W::Style(Style::Cartoon), "cartoon|cartoon style|anime|animated|comic|comic book|toon"),
    (
        W::Style(Style::Watercolour),
        "watercolour|watercolor|watercolour painting|watercolor painting|painting|painted|in watercolour|\
         in watercolor|oil painting",
    ),
    (
        W::Style(Style::Pixel),
        "pixel art|pixel|pixelated|8 bit|8bit|16 bit|retro game|video game|pixel style|pixelart",
    ),
    (
        W::Style(Style::Noir),
        "noir|film noir|black and white|monochrome|greyscale|grayscale|black and white film|b w",
    ),
    (W::Style(Style::Neon), "neon|neon lights|cyberpunk|synthwave|vaporwave|glowing|neon style"),
    (
        W::Style(Style::Sketch),
        "sketch|pencil sketch|line drawing|drawing|hand drawn|pencil|pencil drawing|charcoal|sketched|ink drawing",
    ),
    (
        W::Style(Style::Vintage),
        "vintage|retro|sepia|old film|super 8|old movie|vintage film|film grain|nostalgic|1920s|1970s",
    ),
    (W::Mood(Mood::Calm), "calm|peaceful|serene|tranquil|relaxing|quiet|gentle|calming|soothing|relaxed"),
    (W::Mood(Mood::Happy), "happy|cheerful|joyful|upbeat|playful|merry|bright mood|fun|funny|jolly"),
    (W::Mood(Mood::Dramatic), "dramatic|epic|heroic|cinematic|intense|powerful|grand"),
    (W::Mood(Mood::Tense), "tense|suspenseful|scary|suspense|thrilling|horror|anxious|nervous|frightening"),
    (W::Mood(Mood::Sad), "sad|melancholic|melancholy|gloomy|sorrowful|lonely|mournful|somber|sombre"),
    (
        W::Mood(Mood::Mysterious),
        "mysterious|eerie|mystery|enigmatic|dreamy|dreamlike|magical|mystical|strange",
    ),
    (W::Music(Music::On), "music|with music|soundtrack|melody|song|score"),
    (
        W::Music(Music::Off),
        "no music|without music|silent|without soundtrack|no soundtrack|ambient sound only|natural sound",
    ),
];

/// Words that carry no wish of their own: they are neither understood nor reported as ignored.
pub(super) const FUNCTION_WORDS: &[&str] = &[
    "a",
    "an",
    "the",
    "and",
    "or",
    "of",
    "in",
    "on",
    "at",
    "by",
    "to",
    "is",
    "are",
    "be",
    "was",
    "were",
    "it",
    "its",
    "his",
    "her",
    "their",
    "with",
    "as",
    "into",
    "onto",
    "from",
    "for",
    "through",
    "along",
    "over",
    "across",
    "under",
    "near",
    "while",
    "that",
    "this",
    "there",
    "then",
    "than",
    "some",
    "one",
    "up",
    "down",
    "around",
    "during",
    "style",
    "scene",
    "shot",
    "video",
    "clip",
    "camera",
    "film",
    "movie",
    "mood",
    "background",
    "so",
    "very",
    "please",
    "make",
    "show",
    "me",
    "weather",
    "sky",
    "time",
];

/// Adjectives that may stand between a colour and its subject.
pub(super) const SIZE_WORDS: &[&str] = &[
    "big", "large", "small", "little", "tiny", "huge", "giant", "cute", "old", "young", "fluffy", "shiny",
    "toy", "wild", "lone", "fast", "happy", "sad", "bright", "dark", "baby",
];

/// Words that turn the phrase after them into its opposite.
pub(super) const NEGATIONS: &[&str] = &["no", "not", "without", "never", "isn't", "don't", "doesn't", "non"];

/// Most words of one phrase.
pub(super) const PHRASE_WORDS_MAX: usize = 5;

/// Phrase → word of the vocabulary.
pub(super) static PHRASES: LazyLock<BTreeMap<String, Word>> = LazyLock::new(|| {
    let mut phrases = BTreeMap::new();
    for (word, list) in ROWS {
        for phrase in list.split('|') {
            let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
            phrases.insert(phrase, *word);
        }
    }
    phrases
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_phrase_stands_for_two_words() {
        let mut seen = BTreeMap::new();
        for (word, list) in ROWS {
            for phrase in list.split('|') {
                let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(phrase.split(' ').count() <= PHRASE_WORDS_MAX, "{phrase:?} is too long");
                assert!(
                    !phrase.contains('-') && phrase == phrase.to_lowercase(),
                    "{phrase:?} is not in lookup form"
                );
                if let Some(other) = seen.insert(phrase.clone(), *word) {
                    panic!("{phrase:?} stands for both {other:?} and {word:?}");
                }
            }
        }
    }

    #[test]
    fn every_word_of_the_vocabulary_understands_its_own_name() {
        macro_rules! all { ($($axis:ident),+) => { $(for word in $axis::ALL {
            let found = PHRASES.get(&word.as_str().replace('-', " ")).copied();
            assert_eq!(found, Some(Word::$axis(*word)), "{word}");
        })+ } }
        all!(Subject, Colour, Action, Place, Time, Weather, Framing, Camera, Speed, Style, Mood, Music);
    }
}
