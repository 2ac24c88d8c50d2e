// SPDX-License-Identifier: Apache-2.0

package simulation

import "nafuda.io/nafuda/internal/model/change"

// guarded is what the model keeps to judge brake and journal.
type guarded struct{}

func (w *world) judgeJournal(p *process, zoneName string, b change.Batch) {}

func (w *world) judgeBrake(p *process, zoneName string, b change.Batch, before holdings) {}
