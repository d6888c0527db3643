//! Phrases of what is seen: the subject and what is said of it, what it does, where and when.

use super::Word::{self, self as W};
use crate::shot::vocabulary::{Action, Colour, Count, Place, Size, Subject, Time, Weather};

/// Every phrase, by word of the vocabulary.
pub(super) const ROWS: &[(Word, &str)] = &[
    (
        W::Subject(Subject::Ball),
        "ball|balls|rubber ball|beach ball|football|basketball|soccer ball|sphere|spheres",
    ),
    (W::Subject(Subject::Cat), "cat|cats|kitten|kittens|kitty|kitties|tomcat|tomcats"),
    (W::Subject(Subject::Dog), "dog|dogs|doggy|puppy|puppies|hound|hounds|terrier|labrador"),
    (W::Subject(Subject::Fox), "fox|foxes|vixen|vixens"),
    (
        W::Subject(Subject::Car),
        "car|cars|automobile|automobiles|sedan|taxi|taxis|race car|racing car|sports car|sports cars",
    ),
    (W::Subject(Subject::Boat), "boat|boats|sailboat|sailboats|sailing boat|ship|ships|yacht|yachts"),
    (
        W::Subject(Subject::Bird),
        "bird|birds|sparrow|sparrows|songbird|songbirds|robin|robins|seagull|seagulls|gull|gulls",
    ),
    (W::Subject(Subject::Fish), "fish|fishes|goldfish|trout|salmon"),
    (
        W::Subject(Subject::Rocket),
        "rocket|rockets|spaceship|spaceships|rocketship|rocket ship|space ship|spacecraft",
    ),
    (W::Subject(Subject::Robot), "robot|robots|android|androids|droid|droids"),
    (
        W::Subject(Subject::Person),
        "person|people|persons|man|men|woman|women|boy|boys|girl|girls|human|humans|someone|child|children|kid|kids|\
         runner|runners|dancer|dancers|guy|guys|fellow|fellows|lady|ladies",
    ),
    (W::Subject(Subject::Tree), "tree|trees|oak|oak tree|oaks|pine tree|pine trees"),
    (W::Subject(Subject::Horse), "horse|horses|pony|ponies|mare|mares|stallion|stallions|foal|foals"),
    (W::Subject(Subject::Train), "train|trains|locomotive|locomotives|steam train|steam engine"),
    (W::Subject(Subject::Balloon), "balloon|balloons|hot air balloon|hot air balloons"),
    (W::Subject(Subject::Butterfly), "butterfly|butterflies|moth|moths"),
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
        W::Size(Size::Normal),
        "normal size|normal sized|regular size|regular sized|average size|average sized|medium size|medium sized|\
         ordinary size|life size|life sized",
    ),
    (
        W::Size(Size::Small),
        "small|little|tiny|teeny|mini|miniature|minuscule|small sized|smaller|pint sized|petite|wee|microscopic",
    ),
    (
        W::Size(Size::Large),
        "large|big|huge|giant|gigantic|enormous|massive|colossal|immense|oversized|oversize|large sized|larger|\
         bigger|larger than life|humongous|tall|towering",
    ),
    (W::Count(Count::One), "one|1|single|a single|lone|solitary|a lone|just one|only one"),
    (
        W::Count(Count::Two),
        "two|2|pair of|a pair of|couple of|a couple of|twin|both|duo of|a duo of|just two|only two",
    ),
    (W::Count(Count::Three), "three|3|trio of|a trio of|triplet|just three|only three"),
    (
        W::Action(Action::Stands),
        "stand|stands|standing|stood|sits|sitting|sit|waits|waiting|rests|resting|stays|stands still|still",
    ),
    (
        W::Action(Action::Runs),
        "run|runs|running|ran|sprint|sprints|sprinting|dash|dashes|dashing|gallop|gallops|galloping|walk|walks|\
         walking|jog|jogs|jogging|races|racing|trots|trotting",
    ),
    (
        W::Action(Action::Bounces),
        "bounce|bounces|bouncing|jump|jumps|jumping|hop|hops|hopping|leap|leaps|leaping",
    ),
    (
        W::Action(Action::Flies),
        "fly|flies|flying|flew|fly overhead|flies overhead|flying overhead|soars overhead|soaring overhead|soar|soars|soaring|glide|glides|gliding|flutter|flutters|fluttering|takes off",
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
        "space|outer space|in orbit|into orbit|moon surface|on the moon|galaxy|cosmos|among the stars|planet surface",
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
];
