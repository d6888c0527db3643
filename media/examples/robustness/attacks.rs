//! The attacks: chains of ffmpeg runs, each a filter and an encoder.

use std::io::Write as _;
use std::process::{Command, Stdio};

use kinora_media::{DecodeLimits, EncodeOptions, Footage, decode, encode};

use crate::clips;

/// A filter (`null` for none) and encoder arguments.
type Stage = (&'static str, &'static str);

/// What is done to a marked clip.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    stages: &'static [Stage],
}

const fn attack(name: &'static str, stages: &'static [Stage]) -> Attack {
    Attack { name, stages }
}

const H264_23: &str = "-c:v libx264 -preset veryfast -crf 23";
const H264_28: &str = "-c:v libx264 -preset veryfast -crf 28";
const H264_30: &str = "-c:v libx264 -preset veryfast -crf 30";
const H264_33: &str = "-c:v libx264 -preset veryfast -crf 33";
const H264_36: &str = "-c:v libx264 -preset veryfast -crf 36";
const H264_40: &str = "-c:v libx264 -preset veryfast -crf 40";
const H264_45: &str = "-c:v libx264 -preset veryfast -crf 45";
const HEVC_28: &str = "-c:v libx265 -preset ultrafast -crf 28 -x265-params log-level=none";
const HEVC_35: &str = "-c:v libx265 -preset ultrafast -crf 35 -x265-params log-level=none";
const AV1_35: &str = "-c:v libsvtav1 -preset 10 -crf 35";
const AV1_45: &str = "-c:v libsvtav1 -preset 10 -crf 45";
const AV1_50: &str = "-c:v libsvtav1 -preset 10 -crf 50";
const AV1_63: &str = "-c:v libsvtav1 -preset 10 -crf 63";
const VP9_40: &str = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -crf 40 -b:v 0";
const CROP_71: &str = "crop=iw*0.71:ih*0.71:iw*0.11:ih*0.17";
const CROP_55: &str = "crop=iw*0.55:ih*0.55:iw*0.21:ih*0.3";
const CROP_50: &str = "crop=iw*0.5:ih*0.5:iw*0.27:ih*0.22";
const DIM: &str = "lutrgb=r=val*0.5:g=val*0.5:b=val*0.5";
const CROP_71_DIM: &str = "crop=iw*0.71:ih*0.71:iw*0.11:ih*0.17,lutrgb=r=val*0.5:g=val*0.5:b=val*0.5";

/// Everything that is measured, in the order of the table.
pub(crate) const ATTACKS: &[Attack] = &[
    attack("none", &[]),
    attack("h264 23", &[("null", H264_23)]),
    attack("h264 30", &[("null", H264_30)]),
    attack("h264 36", &[("null", H264_36)]),
    attack("h264 40", &[("null", H264_40)]),
    attack("h264 45", &[("null", H264_45)]),
    attack("hevc 28", &[("null", HEVC_28)]),
    attack("hevc 35", &[("null", HEVC_35)]),
    attack("av1 35", &[("null", AV1_35)]),
    attack("av1 50", &[("null", AV1_50)]),
    attack("av1 63", &[("null", AV1_63)]),
    attack("vp9 40", &[("null", VP9_40)]),
    attack("resize .55", &[("scale=iw*0.55:-2", H264_23)]),
    attack("resize .71", &[("scale=iw*0.71:-2", H264_23)]),
    attack("360p", &[("scale=-2:360", H264_30)]),
    attack("double size", &[("scale=iw*2:ih*2:flags=bicubic", H264_28)]),
    attack("crop .71", &[(CROP_71, H264_23)]),
    attack("crop .55", &[(CROP_55, H264_23)]),
    attack("crop .5", &[(CROP_50, H264_23)]),
    attack("brightness .5", &[(DIM, H264_23)]),
    attack("brightness 1.5", &[("lutrgb=r=val*1.5:g=val*1.5:b=val*1.5", H264_23)]),
    attack("contrast .5", &[("eq=contrast=0.5", H264_23)]),
    attack("contrast 1.5", &[("eq=contrast=1.5", H264_23)]),
    attack("noise 10", &[("noise=alls=17:allf=t", H264_23)]),
    attack("blur 2", &[("gblur=sigma=2", H264_23)]),
    attack("gray", &[("hue=s=0", H264_23)]),
    attack("hue", &[("hue=h=90", H264_23)]),
    attack("drop half", &[("framestep=2", H264_28)]),
    attack("speed 1.5", &[("setpts=PTS/1.5,fps=source_fps", H264_28)]),
    attack("trim 1 s", &[("trim=start=1:duration=1,setpts=PTS-STARTPTS", H264_28)]),
    attack("reverse", &[("reverse", H264_28)]),
    attack("mirror", &[("hflip", H264_28)]),
    attack("rotate 1", &[("rotate=PI/180:bilinear=1", H264_28)]),
    attack("combined 23", &[("null", H264_23), (CROP_71, "-c:v ffv1"), (DIM, "-c:v ffv1")]),
    attack("combined 30", &[("null", H264_30), (CROP_71_DIM, "-c:v ffv1")]),
    attack("combined 40", &[("null", H264_40), (CROP_71_DIM, "-c:v ffv1")]),
    attack("av1 45, 360p, h264 33", &[("null", AV1_45), ("scale=-2:360", H264_33)]),
];

impl Attack {
    /// The clip as it comes out of the last stage.
    pub(crate) fn run(&self, footage: &Footage) -> Footage {
        self.stages.iter().fold(footage.clone(), |footage, stage| run(&footage, *stage))
    }
}

/// Through our own encoder at its usual quality, as every published clip goes.
pub(crate) fn own(footage: &Footage) -> Footage {
    let bytes = encode(footage, &EncodeOptions::default(), &mut |_, _| ()).unwrap();
    decode(&bytes, &DecodeLimits::default()).unwrap()
}

fn run(footage: &Footage, (filter, encoder): Stage) -> Footage {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attacked.mkv");
    let filter = filter.replace("source_fps", &footage.fps.to_string());
    // Encoders want even sides, some of them at least 16.
    let filter = format!("{filter},crop=trunc(iw/2)*2:trunc(ih/2)*2");
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"])
        .args(["-s", &format!("{}x{}", footage.width, footage.height), "-r", &footage.fps.to_string()])
        .args([
            "-i",
            "-",
            "-vf",
            &filter,
            "-pix_fmt",
            if encoder.contains("ffv1") { "bgr0" } else { "yuv420p" },
        ])
        .args(encoder.split(' '))
        .args(["-threads", "1"])
        .arg(&path)
        .env("SVT_LOG", "1")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for frame in &footage.frames {
        // A filter that trims stops reading early.
        if input.write_all(frame).is_err() {
            break;
        }
    }
    drop(input);
    assert!(child.wait().unwrap().success(), "ffmpeg failed at {filter} {encoder}");
    clips::load(path.to_str().unwrap())
}
