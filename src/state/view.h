// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "base/lookup_table.h"

namespace state {

/// Keys in the order of their bytes; asking needs no copy of the key.
struct KeyLess {
    using is_transparent = void;
    bool operator()(base::ByteView a, base::ByteView b) const;
};
/// What a block or a transaction changes, in the order of keys. Nothing as a value: delete.
using Changes = std::map<base::Bytes, std::optional<base::Bytes>, KeyLess>;

/// Something that keys can be read from.
class StateView {
public:
    virtual ~StateView() = default;
    /// Nothing if the key is absent. Errors: `corrupted`, `unavailable` (of the store below).
    [[nodiscard]] virtual base::Result<std::optional<base::Bytes>> get(
        base::ByteView key) const = 0;
};

/// Writes that are held back above another view: a transaction that fails leaves nothing behind.
/// One thread. Overlays may stand on overlays (block above tree, transaction above block).
class Overlay final : public StateView {
public:
    /// Borrows `below`; changes are handed on with `take_changes`.
    explicit Overlay(const StateView& below) : below_(below) {}
    /// Borrows `parent`, which `commit_to_parent` writes to.
    explicit Overlay(Overlay& parent) : below_(parent), parent_(&parent) {}
    Overlay(const Overlay&) = delete;
    Overlay& operator=(const Overlay&) = delete;

    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override;
    void put(base::Bytes key, base::Bytes value);
    void erase(base::Bytes key);

    /// All changes so far, in the order of keys.
    [[nodiscard]] const Changes& changes() const { return changes_; }
    /// Hands them over; the overlay is empty afterwards.
    [[nodiscard]] Changes take_changes();
    /// CHECKs that this overlay was built on an overlay. Empty afterwards.
    void commit_to_parent();
    /// Forgets all changes.
    void discard() { changes_.clear(); }

private:
    const StateView& below_;
    Overlay* parent_ = nullptr;
    Changes changes_;
};

/// Committed state that remembers the values it was asked for, so that what many transactions read
/// is looked up in the tree once. `committed` must hear of every change. One thread.
class RememberingView final : public StateView {
public:
    /// Forgotten all at once when there are more; chosen by us, about 15 MB.
    static constexpr std::size_t values_max = 65'536;

    /// Borrows `below`: committed state.
    explicit RememberingView(const StateView& below) : below_(below) {}

    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override;
    /// These changes became committed state.
    void committed(const Changes& changes);
    /// Committed state was replaced by another.
    void forget() { values_.clear(); }

private:
    const StateView& below_;
    /// Absent keys are not kept: strangers can name as many as they like.
    mutable base::LookupTable<base::Bytes, base::Bytes, base::BytesHash, base::BytesEqual> values_;
};

}  // namespace state
