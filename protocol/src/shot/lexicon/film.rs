//! Phrases of how it is filmed: framing, camera, angle, speed, style, mood and music.

use super::Word::{self, self as W};
use crate::shot::vocabulary::{Angle, Camera, Framing, Mood, Music, Speed, Style};

/// Every phrase, by word of the vocabulary.
pub(super) const ROWS: &[(Word, &str)] = &[
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
        "static|no camera movement|without camera movement|static camera|static shot|locked camera|locked off|fixed camera|still camera|tripod|camera still",
    ),
    (
        W::Camera(Camera::PanLeft),
        "pan left|pans left|panning left|camera pans left|slow pan left|pan to the left|pans to the left|left pan|\
         slow pan to the left|camera moves left|camera moves to the left|camera turns left|\
         camera turns to the left|pan towards the left|pan toward the left",
    ),
    (
        W::Camera(Camera::PanRight),
        "pan right|pans right|panning right|camera pans right|slow pan right|pan to the right|right pan|\
         pans to the right|slow pan to the right|camera moves right|camera moves to the right|camera turns right|\
         camera turns to the right|pan towards the right|pan toward the right",
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
        "zoom in|zooms in|zooming in|camera zooms in|slow zoom in|slow zoom|zoom|zoom in on|zooms in on|zooming in on",
    ),
    (W::Camera(Camera::ZoomOut), "zoom out|zooms out|zooming out|camera zooms out|slow zoom out"),
    (
        W::Camera(Camera::DollyIn),
        "dolly in|dollies in|dollying in|dolly|dolly shot|dolly forward|dolly in on|dolly in shot|slow dolly in|\
         slow dolly|camera dollies in|push in|pushes in|pushing in|push in on|pushes in on|push in shot|slow push in|\
         slow push|camera pushes in|track in|tracks in|tracking in|tracking forward|camera tracks in|camera moves in|\
         camera moves closer|camera moving closer|camera moves forward|camera moving forward|camera gets closer|\
         camera moves towards|camera moves toward|camera approaches",
    ),
    (
        W::Camera(Camera::DollyOut),
        "dolly out|dollies out|dollying out|dolly back|dolly backward|dolly backwards|dolly out shot|slow dolly out|\
         camera dollies out|pull back|pulls back|pulling back|pull out|pulls out|pulling out|slow pull back|\
         slow pull out|camera pulls back|camera pulls out|pull back shot|track out|tracks out|tracking out|\
         tracking back|camera tracks out|camera tracks back|camera moves back|camera moving back|\
         camera moves backward|camera moves backwards|camera moves away|camera moving away|camera backs away",
    ),
    (
        W::Camera(Camera::OrbitLeft),
        "orbit left|orbits left|orbiting left|orbit to the left|orbits to the left|orbiting to the left|left orbit|\
         slow orbit left|camera orbits left|camera circles left|circle left|circles left|circling left|arc left|\
         arcs left|arcing left|arc shot left|left arc shot|left arc|arc to the left|camera arcs left|orbit|orbits|\
         orbiting|orbit shot|orbital shot|orbiting shot|orbiting camera|slow orbit|orbit around|orbits around|\
         orbiting around|camera orbits|camera orbits around|camera orbiting|camera circles|camera circles around|\
         camera circling|circles around|circling around|circle around|circling shot|circling camera|arc shot|\
         arcing shot|camera arcs|camera arcs around|camera goes around|camera moves around|camera rotates around|\
         camera revolves around|camera spins around|360 shot|360 degree shot|360 orbit|360 degree orbit",
    ),
    (
        W::Camera(Camera::OrbitRight),
        "orbit right|orbits right|orbiting right|orbit to the right|orbits to the right|orbiting to the right|\
         right orbit|slow orbit right|camera orbits right|camera circles right|circle right|circles right|\
         circling right|arc right|arcs right|arcing right|arc shot right|right arc shot|right arc|\
         arc to the right|camera arcs right",
    ),
    (
        W::Camera(Camera::Handheld),
        "handheld|hand held|handheld camera|hand held camera|shaky|shaky camera|shaky cam|camera shake",
    ),
    (
        W::Angle(Angle::EyeLevel),
        "eye level|at eye level|eye level shot|eye level view|eye level angle|from eye level|eye height|at eye height|\
         straight on shot|straight on angle|straight on view|head on shot|head on view|head on angle|level angle|neutral angle|normal angle",
    ),
    (
        W::Angle(Angle::Low),
        "low angle|low angle shot|low angle view|from a low angle|at a low angle|seen from a low angle|\
         shot from a low angle|extreme low angle|low camera angle|low camera|low shot|from below|seen from below|\
         viewed from below|shot from below|filmed from below|from down below|view from below|from underneath|\
         seen from underneath|from beneath|seen from beneath|worm eye|worm eye view|worms eye|worms eye view|\
         from worm eye view|ant eye view|frog eye view|frog perspective|worm eye perspective|ground level|\
         at ground level|ground level shot|from ground level|seen from the ground|shot from the ground|\
         camera looks up|camera looking up|looking up from below",
    ),
    (
        W::Angle(Angle::High),
        "high angle|high angle shot|high angle view|from a high angle|at a high angle|seen from a high angle|\
         shot from a high angle|extreme high angle|high camera angle|high camera|from above|seen from above|\
         viewed from above|shot from above|filmed from above|from high above|seen from high above|view from above|\
         from overhead|seen from overhead|overhead|overhead shot|overhead view|overhead camera|overhead angle|\
         bird eye|bird eye view|birds eye|birds eye view|birdseye|birdseye view|from bird eye view|bird eye shot|\
         bird eye perspective|aerial|aerial view|aerial shot|aerial perspective|aerial footage|arial view|\
         arial shot|top down|top down view|top down shot|top down camera|top down perspective|top view|top shot|\
         seen from the top|shot from the top|seen from the air|shot from the air|seen from the sky|drone shot|drone view|\
         drone footage|drone camera|god eye view|gods eye view|camera looks down|camera looking down|\
         looking down from above",
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
        "no music|without music|without any music|no background music|without background music|no sound|without sound|\
         muted|silent|without soundtrack|no soundtrack|ambient sound only|natural sound",
    ),
];
