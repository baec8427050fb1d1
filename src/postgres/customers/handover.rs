//! Which changes of a batch can stand together, where its customers hand identities on to each other.
//!
//! What is judged is the end of the batch. In the set that stands nobody has an identity that another customer has, and
//! whatever is left out collides with somebody there. Of several lines that want one value, the first in the order of the
//! batch gets it.

use std::collections::HashMap;

use super::taken::{Holders, Identities};

/// Its place in [`Identities`]: it cannot be handed on, for a living customer has one at any time.
pub(super) const EXTERNAL_ID: usize = 0;

/// What a line makes of one customer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move<'a> {
    /// `None`: the customer is new.
    pub number: Option<i64>,
    pub before: Identities<'a>,
    pub after: Identities<'a>,
    /// Who has what it would take, of all customers there are.
    pub holders: Holders,
}

/// Who has an identity at the end of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// The customer with this number, as before the batch.
    Stored(i64),
    /// That of the move with this index.
    Moved(usize),
}

/// Who holds each identity that a move cannot take.
pub(super) type Collisions = [Option<Holder>; 3];

impl<'a> Move<'a> {
    /// What the customer gets and has not had.
    pub fn takes(&self) -> Identities<'a> {
        std::array::from_fn(|kind| self.after[kind].filter(|_| self.after[kind] != self.before[kind]))
    }
}

/// What each move collides with; with nothing, if it stands.
pub(super) fn settle(moves: &[Move<'_>]) -> Vec<Collisions> {
    let board = Board::new(moves);
    let mut stands = vec![true; moves.len()];
    // What was not handed on ends others, too; what only came too late is looked at once nothing else does.
    for wants in [Wants::OfStored, Wants::OfAnyBefore] {
        loop {
            let ends: Vec<_> = (0..moves.len())
                .filter(|index| stands[*index] && board.collides(*index, &stands, wants))
                .collect();
            if ends.is_empty() {
                break;
            }
            ends.into_iter().for_each(|index| stands[index] = false);
        }
    }
    board.revive(&mut stands);
    (0..moves.len())
        .map(|index| if stands[index] { [None; 3] } else { board.collisions(index, &stands) })
        .collect()
}

/// Which collisions count.
#[derive(Clone, Copy)]
enum Wants {
    OfStored,
    OfAnyBefore,
}

struct Board<'a> {
    moves: &'a [Move<'a>],
    by_number: HashMap<i64, usize>,
    takers: HashMap<(usize, &'a str), Vec<usize>>,
}

impl<'a> Board<'a> {
    fn new(moves: &'a [Move<'a>]) -> Self {
        let by_number =
            moves.iter().enumerate().filter_map(|(index, it)| Some((it.number?, index))).collect();
        let mut takers: HashMap<_, Vec<_>> = HashMap::new();
        for (index, it) in moves.iter().enumerate() {
            for (kind, value) in it.takes().into_iter().enumerate() {
                if let Some(value) = value {
                    takers.entry((kind, value)).or_default().push(index);
                }
            }
        }
        Self { moves, by_number, takers }
    }

    fn collides(&self, index: usize, stands: &[bool], wants: Wants) -> bool {
        (0..3).any(|kind| match wants {
            Wants::OfStored => self.stored(index, kind, stands).is_some(),
            Wants::OfAnyBefore => {
                self.stored(index, kind, stands).is_some()
                    || self.taker(index, kind, stands).is_some_and(|taker| taker < index)
            }
        })
    }

    fn collisions(&self, index: usize, stands: &[bool]) -> Collisions {
        std::array::from_fn(|kind| {
            let taker = || self.taker(index, kind, stands).map(Holder::Moved);
            self.stored(index, kind, stands).map(Holder::Stored).or_else(taker)
        })
    }

    /// The stored customer that keeps what this move would take.
    fn stored(&self, index: usize, kind: usize, stands: &[bool]) -> Option<i64> {
        let value = self.moves[index].takes()[kind]?;
        let holder = self.moves[index].holders[kind]?;
        let is_handed_on = self.by_number.get(&holder).is_some_and(|other| {
            kind != EXTERNAL_ID && stands[*other] && self.moves[*other].after[kind] != Some(value)
        });
        (!is_handed_on).then_some(holder)
    }

    /// The first other move that stands and takes the same.
    fn taker(&self, index: usize, kind: usize, stands: &[bool]) -> Option<usize> {
        let value = self.moves[index].takes()[kind]?;
        let takers = self.takers.get(&(kind, value))?;
        takers.iter().copied().find(|other| *other != index && stands[*other])
    }

    /// What collides with nothing that stands, stands: it came too late behind one that does not.
    fn revive(&self, stands: &mut [bool]) {
        let is_free = |index: &usize, stands: &[bool]| {
            !stands[*index] && self.collisions(*index, stands).iter().all(Option::is_none)
        };
        while let Some(index) = (0..self.moves.len()).find(|index| is_free(index, stands)) {
            stands[index] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const ADDRESSES: [&str; 5] = ["a", "b", "c", "d", "e"];

    /// The customer of this number has an e-mail address, and wants another.
    fn email(number: i64, before: Option<&'static str>, after: Option<&'static str>) -> Move<'static> {
        Move {
            number: Some(number),
            before: [None, before, None],
            after: [None, after, None],
            holders: [None; 3],
        }
    }

    fn new(after: &'static str) -> Move<'static> {
        Move { number: None, before: [None; 3], after: [None, Some(after), None], holders: [None; 3] }
    }

    /// With the holders that the moves themselves tell of, and `others`.
    fn settled(mut moves: Vec<Move<'static>>, others: &[(&str, i64)]) -> Vec<Option<Holder>> {
        fill_in_holders(&mut moves, others);
        settle(&moves).into_iter().map(|collisions| collisions[1]).collect()
    }

    fn fill_in_holders(moves: &mut [Move<'static>], others: &[(&str, i64)]) {
        let own = moves.iter().filter_map(|it| Some((it.before[1]?, it.number?)));
        let held: HashMap<&str, i64> = own.chain(others.iter().copied()).collect();
        for it in moves {
            it.holders[1] = it.takes()[1].and_then(|value| held.get(value).copied());
        }
    }

    #[test]
    fn a_swap_and_a_chain_stand() {
        let swap = vec![email(1, Some("a"), Some("b")), email(2, Some("b"), Some("a"))];
        assert_eq!(settled(swap, &[]), [None, None]);
        let chain = vec![new("a"), email(1, Some("a"), Some("b")), email(2, Some("b"), None)];
        assert_eq!(settled(chain, &[]), [None, None, None]);
    }

    #[test]
    fn who_keeps_an_address_ends_the_chain_behind_it() {
        let chain = vec![new("a"), email(1, Some("a"), Some("b")), email(2, Some("b"), Some("c")), new("d")];
        let ended = settled(chain, &[("c", 9)]);
        assert_eq!(ended, [Some(Holder::Stored(1)), Some(Holder::Stored(2)), Some(Holder::Stored(9)), None]);
    }

    #[test]
    fn of_several_who_want_one_address_the_first_gets_it() {
        assert_eq!(settled(vec![new("a"), new("a"), new("b")], &[]), [None, Some(Holder::Moved(0)), None]);
        // Unless it cannot: then it is the next.
        let first_fails = vec![email(1, Some("c"), Some("a")), new("a")];
        assert_eq!(settled(first_fails.clone(), &[]), [None, Some(Holder::Moved(0))]);
        let held_twice = vec![
            Move { after: [None, Some("a"), Some("phone")], holders: [None, None, Some(9)], ..new("a") },
            new("a"),
        ];
        let collisions = settle(&held_twice);
        assert_eq!(collisions, [[None, Some(Holder::Moved(1)), Some(Holder::Stored(9))], [None; 3]]);
    }

    #[test]
    fn an_external_id_is_not_handed_on() {
        let rekeyed = Move {
            number: Some(1),
            before: [Some("x"), None, None],
            after: [Some("y"), None, None],
            holders: [None; 3],
        };
        let taker = Move {
            number: None,
            before: [None; 3],
            after: [Some("x"), None, None],
            holders: [Some(1), None, None],
        };
        assert_eq!(settle(&[rekeyed, taker])[1][0], Some(Holder::Stored(1)));
    }

    fn address() -> impl Strategy<Value = Option<&'static str>> {
        prop::option::of(prop::sample::select(&ADDRESSES[..]))
    }

    /// Customers with addresses that are all different, and what each wants.
    fn batch() -> impl Strategy<Value = (Vec<Move<'static>>, Option<&'static str>)> {
        let parts = (
            Just(ADDRESSES.to_vec()).prop_shuffle(),
            prop::collection::vec((any::<bool>(), address()), 1..=ADDRESSES.len()),
            prop::collection::vec(address(), 0..3),
            address(),
        );
        parts.prop_map(|(own, wanted, fresh, other)| {
            let known = own.into_iter().zip(wanted).zip(1..);
            let mut moves: Vec<_> = known
                .map(|((own, (has_one, after)), number)| email(number, has_one.then_some(own), after))
                .collect();
            let held: HashSet<_> = moves.iter().filter_map(|it| it.before[1]).collect();
            moves.extend(fresh.into_iter().flatten().map(new));
            (moves, other.filter(|other| !held.contains(other)))
        })
    }

    proptest! {
        #[test]
        fn what_stands_has_no_address_twice_and_what_does_not_would((mut moves, other) in batch()) {
            let others: Vec<_> = other.into_iter().map(|other| (other, 99)).collect();
            fill_in_holders(&mut moves, &others);

            let collisions = settle(&moves);

            let stands: Vec<_> = collisions.iter().map(|found| found.iter().all(Option::is_none)).collect();
            let end = |index: usize| if stands[index] { moves[index].after[1] } else { moves[index].before[1] };
            let mut taken: HashMap<&str, Holder> = others.iter().map(|(other, number)| (*other, Holder::Stored(*number))).collect();
            for (index, it) in moves.iter().enumerate() {
                let holder = if stands[index] && it.takes()[1].is_some() {
                    Holder::Moved(index)
                } else {
                    it.number.map_or(Holder::Moved(index), Holder::Stored)
                };
                if let Some(address) = end(index) {
                    prop_assert!(taken.insert(address, holder).is_none(), "{:?}", moves);
                }
            }
            for (index, it) in moves.iter().enumerate().filter(|(index, _)| !stands[*index]) {
                let wanted = it.takes()[1].expect("only who takes collides");
                prop_assert_eq!(collisions[index][1], taken.get(wanted).copied(), "{:?}", moves);
            }
            // Where all of them fit together, all stand.
            let all: Vec<_> = moves.iter().filter_map(|it| it.after[1]).chain(other).collect();
            if all.iter().collect::<HashSet<_>>().len() == all.len() {
                prop_assert!(stands.iter().all(|stands| *stands), "{:?}", moves);
            }
        }
    }
}
