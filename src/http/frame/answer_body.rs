//! The body of an answer, which keeps the slot of its request until all of it is written: answers that nobody reads
//! stay in memory, and there are no more of them than slots.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use hyper::body::{Frame, SizeHint};

use crate::http::{limits::in_flight::Slot, unwritten::keeping};

pub struct AnswerBody {
    body: Body,
    /// None where there is nothing to bound: what strangers are answered is short, or in memory once for all.
    slot: Option<Slot>,
}

impl AnswerBody {
    pub fn new(response: Response, slot: Option<Slot>) -> axum::http::Response<Self> {
        response.map(|body| Self { body, slot })
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let Some(slot) = &self.slot else { return frame };
        frame.map_ok(|frame| frame.map_data(|bytes| keeping(bytes, slot.clone())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
