//! Bounded framing of sync messages on a stream of their own: the message is the stream, the length its end.

use std::io;

use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use kinora_protocol::sync::{ANSWER_BYTES_MAX, Answer, REQUEST_BYTES_MAX, Request};
use libp2p::StreamProtocol;
use libp2p::request_response::Codec;

/// Reads and writes [`Request`] and [`Answer`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SyncCodec;

async fn read_all<T: AsyncRead + Unpin + Send>(io: &mut T, max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells "too long" from "just fits".
    io.take(max as u64 + 1).read_to_end(&mut bytes).await?;
    if bytes.len() > max {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a sync message of more than {max} bytes"),
        ));
    }
    Ok(bytes)
}

fn invalid(fault: kinora_protocol::sync::SyncFault) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault)
}

impl Codec for SyncCodec {
    type Protocol = StreamProtocol;
    type Request = Request;
    type Response = Answer;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Request>
    where
        T: AsyncRead + Unpin + Send,
    {
        Request::decode(&read_all(io, REQUEST_BYTES_MAX).await?).map_err(invalid)
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Answer>
    where
        T: AsyncRead + Unpin + Send,
    {
        Answer::decode(&read_all(io, ANSWER_BYTES_MAX).await?).map_err(invalid)
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, request: Request) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&request.encode()).await?;
        io.close().await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, answer: Answer) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&answer.encode()).await?;
        io.close().await
    }
}
