// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// previousNote is where the Secret says which key it had before, until that is deleted.
const previousNote = "nafuda.io/previous-key-id"

// keyNote is an annotation of the pods that changes with the key, so that they start again with the new one.
const keyNote = "nafuda.io/key-id-hash"

func (t *Target) secretPath() string {
	return place("v1", "Secret", t.o.Namespace, t.o.secretName())
}

// secret returns the Secret and the id of its key; a nil tree is none.
func (t *Target) secret(ctx context.Context) (tree, string, error) {
	there, err := t.cluster.get(ctx, t.secretPath())
	if err != nil || there == nil {
		return nil, "", err
	}
	id, err := base64.StdEncoding.DecodeString(textAt(there, "data", keyID))
	if err != nil || len(id) == 0 || textAt(there, "data", keySecret) == "" {
		return there, "", fmt.Errorf("the Secret %s/%s has no %s and %s: delete it, then a new key is made", t.o.Namespace, t.o.secretName(), keyID, keySecret)
	}
	return there, string(id), nil
}

// lookSecret reuses a Secret whose key is the user's: the key's secret can't be had again.
func (t *Target) lookSecret(ctx context.Context) (todo, error) {
	there, id, err := t.secret(ctx)
	if err != nil {
		return todo{}, err
	}
	keys, err := t.iam.keys(ctx, t.o.userName())
	if is(err, noSuchEntity) { // the user isn't made yet
		keys, err = nil, nil
	}
	switch {
	case err != nil:
		return todo{}, err
	case there != nil && !ours(there) && slices.Contains(keys, id):
		return t.foreign(ourLabel, ""), nil
	case there != nil && slices.Contains(keys, id):
		return todo{}, nil
	case there != nil:
		return todo{}, fmt.Errorf("its key isn't one of the IAM user %s: delete the Secret, then a new key is made", t.o.userName())
	case len(keys) >= mostKeys:
		return todo{}, t.tooMany(keys)
	}
	return todo{text: "make an access key for the IAM user " + t.o.userName() + " and put it there, and nowhere else"}, nil
}

const mostKeys = 2

func (t *Target) tooMany(keys []string) error {
	return fmt.Errorf("the IAM user %s has %d access keys already, and IAM lets nobody have more: delete one that isn't used, such as: aws iam delete-access-key --user-name %s --access-key-id %s",
		t.o.userName(), len(keys), t.o.userName(), keys[0])
}

// makeSecret takes the key back where the Secret can't be made: nobody could ever use it.
func (t *Target) makeSecret(ctx context.Context) error {
	if there, _, err := t.secret(ctx); err != nil || there != nil {
		if err == nil {
			err = t.mine(ours(there))
		}
		if err != nil {
			return err
		}
		return t.cluster.merge(ctx, t.secretPath(), tree{"metadata": tree{"labels": tree{"app": t.o.Name, managedBy: manager}}})
	}
	key, err := t.iam.createKey(ctx, t.o.userName())
	if err != nil {
		return err
	}
	body, err := json.Marshal(&corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: t.o.meta(t.o.secretName(), t.o.Namespace), StringData: map[string]string{keyID: key.ID, keySecret: key.Secret},
	})
	if err == nil {
		err = t.cluster.create(ctx, t.secretPath(), body)
	}
	return errors.Join(err, t.takeBack(ctx, err, key))
}

// takeBack deletes a key that couldn't be stored, even where the context has ended since.
func (t *Target) takeBack(ctx context.Context, failed error, key accessKey) error {
	if failed == nil {
		return nil
	}
	if err := t.iam.deleteKey(context.WithoutCancel(ctx), t.o.userName(), key.ID); err != nil {
		return fmt.Errorf("the access key %s was made and couldn't be taken back: %w; delete it: aws iam delete-access-key --user-name %s --access-key-id %s",
			key.ID, err, t.o.userName(), key.ID)
	}
	return nil
}

// Rotate makes a new key, tries it, puts it into the Secret, starts the pods again, and deletes the old key once they run with the new
// one. Where it is stopped on the way, the next call goes on: at no time is the key in use one that was deleted.
func (t *Target) Rotate(ctx context.Context, out io.Writer) error {
	if t.o.Auth != authUser {
		return errors.New("rotate the keys: there are none with --auth=" + t.o.Auth + "; AWS makes new credentials by itself")
	}
	secret, id, err := t.secret(ctx)
	if err != nil {
		return err
	}
	if secret == nil {
		return errors.New("rotate the keys: there is no Secret yet: run bootstrap --apply")
	}
	if !ours(secret) {
		return fmt.Errorf("rotate the keys: the Secret %s/%s: %w: run bootstrap --apply --adopt first", t.o.Namespace, t.o.secretName(), errForeign)
	}
	old := textAt(secret, "metadata", "annotations", previousNote)
	if old == "" {
		if old, err = t.replace(ctx, out, id); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "now        Deployment %s/%s: wait until it runs with the new key\n", t.o.Namespace, t.o.Name)
	if err := t.restarted(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "now        access key %s: delete it\n", old)
	if err := t.iam.deleteKey(ctx, t.o.userName(), old); err != nil {
		return err
	}
	return t.cluster.merge(ctx, t.secretPath(), tree{"metadata": tree{"annotations": tree{previousNote: nil}}})
}

// replace puts a new key in the place of the one with the id, and returns that.
func (t *Target) replace(ctx context.Context, out io.Writer, id string) (string, error) {
	keys, err := t.iam.keys(ctx, t.o.userName())
	if err != nil {
		return "", err
	}
	if len(keys) >= mostKeys {
		return "", t.tooMany(slices.DeleteFunc(keys, func(k string) bool { return k == id }))
	}
	fmt.Fprintf(out, "now        access key of the IAM user %s: make a new one, and try it\n", t.o.userName())
	key, err := t.iam.createKey(ctx, t.o.userName())
	if err != nil {
		return "", err
	}
	if err := t.try(ctx, key); err != nil {
		return "", errors.Join(err, t.takeBack(ctx, err, key))
	}
	fmt.Fprintf(out, "now        Secret %s/%s: put the new key in\n", t.o.Namespace, t.o.secretName())
	err = t.cluster.merge(ctx, t.secretPath(), tree{
		"metadata": tree{"annotations": tree{previousNote: id}}, "stringData": tree{keyID: key.ID, keySecret: key.Secret},
	})
	if err != nil {
		return "", errors.Join(err, t.takeBack(ctx, err, key))
	}
	return id, nil
}

// try waits until AWS knows a new key: that takes some seconds.
func (t *Target) try(ctx context.Context, key accessKey) error {
	const patience = time.Minute
	err := t.poll(ctx, patience, func(ctx context.Context) error { return t.identify(ctx, key) })
	if err != nil {
		return fmt.Errorf("try the new access key: %w", err)
	}
	return nil
}

// restarted has the pods start again with what the Secret has now, and waits until they are ready.
func (t *Target) restarted(ctx context.Context) error {
	path := place("apps/v1", "Deployment", t.o.Namespace, t.o.Name)
	there, err := t.cluster.get(ctx, path)
	if err != nil || there == nil {
		return err
	}
	_, id, err := t.secret(ctx)
	if err != nil {
		return err
	}
	note := sum([]byte(id))[:16]
	err = t.cluster.merge(ctx, path, tree{"spec": tree{"template": tree{"metadata": tree{"annotations": tree{keyNote: note}}}}})
	if err != nil {
		return err
	}
	const patience = 3 * time.Minute
	return t.poll(ctx, patience, func(ctx context.Context) error {
		d, err := t.cluster.get(ctx, path)
		if err != nil {
			return err
		}
		want := numberAt(d, "spec", "replicas")
		if numberAt(d, "status", "observedGeneration") < numberAt(d, "metadata", "generation") ||
			numberAt(d, "status", "updatedReplicas") < want || numberAt(d, "status", "availableReplicas") < want {
			return errors.New("the Deployment isn't ready with the new key yet; the old key is kept: run --rotate again to go on")
		}
		return nil
	})
}

// poll asks again and again until there is no error or the time is over, and returns what was wrong last.
func (t *Target) poll(ctx context.Context, patience time.Duration, ask func(context.Context) error) error {
	const longest = 10 * time.Second // of one question: it may be begun just before the time is over
	over := time.NewTimer(min(patience, t.patience))
	defer over.Stop()
	tick := time.NewTicker(t.pause)
	defer tick.Stop()
	for {
		call, cancel := context.WithTimeout(ctx, longest)
		err := ask(call)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-over.C:
			return err
		case <-tick.C:
		}
	}
}
